import type { ChainableCommander, Redis } from 'ioredis';
import { pipelineInternals } from './internals';
import { isMalformed, isRejected, malformed } from './malformed';
import { tell } from './pipeline-guard';

type Exec = ChainableCommander['exec'];

/**
 * Has the pipelines of one connection refused when ioredis cannot write one of their commands, as those of the client are: it would write the others,
 * and from then on every reply on that connection would go to the wrong caller.
 */
export function refuseMalformed(connection: Redis): void {
  for (const name of ['pipeline', 'multi'] as const) {
    const make = connection[name] as (...args: unknown[]) => ChainableCommander;
    Object.assign(connection, {
      [name]: (...args: unknown[]) => {
        const made = make.apply(connection, args);
        // With `{ pipeline: false }`, it is the reply to MULTI.
        return '_queue' in made ? refusing(made, name) : made;
      },
    });
  }
}

function refusing(pipeline: ChainableCommander, name: 'pipeline' | 'multi'): ChainableCommander {
  const { exec } = pipeline as { exec: Exec };
  const internals = pipelineInternals(pipeline);
  pipeline.exec = (callback?: Parameters<Exec>[0]) => {
    // Inside a pipeline, the first EXEC ends the transaction, not the pipeline.
    const isEnd = name === 'multi' || internals._transactions === 0;
    const wrong = isEnd ? internals._queue.find(isMalformed) : undefined;
    if (!wrong) {
      return exec.call(pipeline, callback);
    }
    const error = malformed(wrong);
    internals._queue.filter((command) => !isRejected(command)).forEach((command) => command.reject(error));
    return tell(Promise.reject(error), callback);
  };
  return pipeline;
}
