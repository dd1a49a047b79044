import { PARAMETERS } from '../private/parameters';

/** Where the service's families differ from the servers' own defaults. */
const FAMILY_DEFAULTS: Readonly<Record<string, string>> = {
  'maxmemory-policy': 'noeviction',
  'maxmemory-samples': '3',
  'latency-tracking': 'no',
};

/** The service has one parameter for each part of what is one setting of the server. */
const BUFFER_LIMITS: Readonly<Record<string, readonly string[]>> = {
  normal: ['0', '0', '0'],
  pubsub: ['33554432', '8388608', '60'],
};
const BUFFER_PARTS = ['hard-limit', 'soft-limit', 'soft-seconds'];
const BUFFER_PARAMETER = /^client-output-buffer-limit-(normal|pubsub)-(hard-limit|soft-limit|soft-seconds)$/;

/**
 * Whether the service has a parameter of this name, whatever the family.
 *
 * Only these reach the server: its own settings say where it listens and whom it lets in, and one of them in a group would win.
 */
export function isServiceParameter(name: string): boolean {
  return Object.hasOwn(PARAMETERS, name);
}

/** A setting of the server. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  /** The parameters it stands for; none when it is a default of the family. */
  readonly parameters: readonly string[];
}

/** Translate parameters of the service into settings of the server, the family's defaults first. */
export function toSettings(parameters: Readonly<Record<string, string>>): Setting[] {
  const defaults = Object.entries(FAMILY_DEFAULTS)
    .filter(([name]) => !Object.hasOwn(parameters, name))
    .map(([name, value]) => ({ name, value, parameters: [] }));
  const own = Object.entries(parameters)
    .filter(([name]) => !BUFFER_PARAMETER.test(name))
    .map(([name, value]) => ({ name, value, parameters: [name] }));
  return [...defaults, ...own, ...toBufferLimits(parameters)];
}

function toBufferLimits(parameters: Readonly<Record<string, string>>): Setting[] {
  return Object.entries(BUFFER_LIMITS).flatMap(([kind, defaults]) => {
    const names = BUFFER_PARTS.map((part) => `client-output-buffer-limit-${kind}-${part}`);
    const given = names.filter((name) => Object.hasOwn(parameters, name));
    if (given.length === 0) {
      return [];
    }
    const values = names.map((name, index) => parameters[name] ?? defaults[index]);
    return [{ name: 'client-output-buffer-limit', value: [kind, ...values].join(' '), parameters: given }];
  });
}
