import { Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { invalid } from '../errors';
import type { ErrorCode } from '../errors';

/** What a rule finds wrong with an input, said to whoever wrote it; nothing when all is well. */
type Finding = string | undefined;

/** A rule that the service holds to, so that a deployment against it fails or does harm. */
export interface ErrorRule<Input> {
  readonly kind: 'error';
  /** Code of the error. */
  readonly id: ErrorCode;
  /** Where the rule is written. */
  readonly source: string;
  readonly finding: (input: Input) => Finding;
}

/** A quota that can be raised, a fact in doubt, or what may be right: acknowledged as `cdk-memorydb:<id>`. */
export interface WarningRule<Input> {
  readonly kind: 'warning';
  readonly id: string;
  /** Where the rule is written. */
  readonly source: string;
  readonly finding: (input: Input) => Finding;
}

/** A rule of the service, or of this library where its source says so. */
export type Rule<Input> = ErrorRule<Input> | WarningRule<Input>;

/** The source of a rule that comes from the API of this library, not from the service. */
export const THIS_LIBRARY = 'cdk-memorydb';

/** Defines a rule that must be kept. */
export function errorRule<Input>(id: ErrorCode, source: string, finding: (input: Input) => Finding): ErrorRule<Input> {
  return { kind: 'error', id, source, finding };
}

/** Defines a rule whose breach is to be acknowledged. */
export function warningRule<Input>(id: string, source: string, finding: (input: Input) => Finding): WarningRule<Input> {
  return { kind: 'warning', id, source, finding };
}

/**
 * Holds the input of a value class, or of a construct, against rules that must be kept.
 *
 * @throws when one is not
 */
export function demand<Input>(rules: readonly ErrorRule<Input>[], input: Input, scope?: IConstruct): void {
  for (const rule of rules) {
    const text = rule.finding(input);
    if (text !== undefined) {
      throw invalid(rule.id, text, scope);
    }
  }
}

/**
 * Holds the input of a construct against rules of both kinds; warnings are put on the construct.
 *
 * @throws when a rule that must be kept is not
 */
export function check<Input>(rules: readonly Rule<Input>[], input: Input, scope: IConstruct): void {
  demand(errorsOf(rules), input, scope);
  warn(rules, input, scope);
}

/** The rules that must be kept. */
export function errorsOf<Input>(rules: readonly Rule<Input>[]): ErrorRule<Input>[] {
  return rules.filter((rule) => rule.kind === 'error');
}

/** Puts the warnings of rules of both kinds on a construct. */
export function warn<Input>(rules: readonly Rule<Input>[], input: Input, scope: IConstruct): void {
  for (const rule of rules.filter(({ kind }) => kind === 'warning')) {
    const text = rule.finding(input);
    if (text !== undefined) {
      Validations.of(scope).addWarning(`cdk-memorydb:${rule.id}`, text);
    }
  }
}

/** What rules find that can only be known when the whole app is there: for `node.addValidation`. */
export function findings<Input>(rules: readonly ErrorRule<Input>[], input: Input): string[] {
  return rules.flatMap((rule) => rule.finding(input) ?? []);
}

/** Says what is wrong with a count; nothing with a token. */
export function wholeNumber(property: string, value: number | undefined, minimum: number, maximum: number): Finding {
  if (value === undefined || Token.isUnresolved(value) || (Number.isInteger(value) && value >= minimum && value <= maximum)) {
    return undefined;
  }
  return `'${property}' must be a whole number from ${minimum} to ${maximum}, got ${value}`;
}

/** Whether all values are known at synthesis. */
export function known(...values: unknown[]): boolean {
  return !values.some((value) => Token.isUnresolved(value));
}
