import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { IConstruct } from 'constructs';
import { THIS_LIBRARY, demand, errorRule } from './rule';
import { shown } from '../errors';

/** A property whose values are made by a class, and how. */
interface ValueProperty {
  readonly property: string;
  readonly value: unknown;
  readonly made: string;
}

/** Code that is not checked by TypeScript can leave it out or give text, of which CDK says that another property is missing. */
export const MADE = errorRule<ValueProperty>(lit`NotMade`, THIS_LIBRARY, ({ property, value, made }) =>
  (typeof value === 'object' && value !== null ? undefined : `'${property}' must be made with ${made}, got ${value === undefined ? 'none' : shown(value)}`));

const MADE_WITH = {
  accessString: 'AccessString, such as AccessString.readWrite()',
  engineVersion: 'EngineVersion, such as EngineVersion.VALKEY_7_3 or EngineVersion.of()',
  nodeType: 'NodeType, such as NodeType.R7G_LARGE or NodeType.of()',
};

/** @throws when one of the properties is not made by its class */
export function demandMade(values: Partial<Record<keyof typeof MADE_WITH, unknown>>, scope: IConstruct): void {
  for (const [property, value] of Object.entries(values)) {
    demand([MADE], { property, value, made: MADE_WITH[property as keyof typeof MADE_WITH] }, scope);
  }
}
