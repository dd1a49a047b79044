import { play } from './resilience/play';
import { SCENARIOS } from './resilience/scenarios';
import { compile } from './process';
void (async () => {
  const script = compile('apps/traffic');
  for (let r = 0; r < Number(process.env.R ?? 3); r++) for (const s of SCENARIOS.filter((x) => (process.env.S ?? '').split(';').some((n) => x.name.includes(n)))) {
    const { operations, errors, hanging, recovery, gap, p99Elsewhere, lost, reason } = await play(s, 'cdk-memorydb', script);
    console.log(s.name, { operations, errors, hanging, recovery, gap, p99Elsewhere, lost, reason });
  }
})();
