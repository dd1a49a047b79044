import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule, known, warningRule } from './rule';
import { shown } from '../errors';
import { KNOWN_FAMILIES, PARAMETERS } from '../parameters';
import type { ParameterRule } from '../parameters';

const SOURCE = 'MemoryDB Developer Guide, "Engine specific parameters"';
const ISSUE = 'https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2558';

/** Most parameters that the service changes in one call. */
const MAX_PER_UPDATE = 20;

/** A parameter that is set in a group. */
export interface ParameterInput {
  readonly family: string;
  readonly name: string;
  readonly value: string;
  /** Number of parameters that the group sets, this one included. */
  readonly count: number;
}

const NAME = errorRule<ParameterInput>(lit`UnknownParameter`, SOURCE, ({ family, name }) => {
  const rule = ruleOf(name);
  return !isListed(family, name) || (rule !== undefined && rule.families?.includes(family) !== false)
    ? undefined
    : `'parameters' must name parameters that can be set in family ${family}, got ${shown(name)}; ` +
      (rule ? `that one is of ${rule.families!.join(' and ')}` : `known are ${namesOf(family).join(', ')}`);
});

const TEXT = errorRule<ParameterInput>(lit`ParameterNotText`, SOURCE, ({ name, value }) =>
  (typeof value === 'string' || !known(value)
    ? undefined
    : `'${name}' must be given as text, got ${shown(value)} (${typeof value}); put it in quotes, and write yes or no for a switch`));

const VALUE = errorRule<ParameterInput>(lit`InvalidParameterValue`, SOURCE, ({ family, name, value }) => {
  const allowed = ruleOf(name)?.allowed;
  if (allowed === undefined || !isListed(family, name) || !known(value) || ('words' in allowed ? allowed.test(value) : allowed.includes(value))) {
    return undefined;
  }
  return `'${name}' must be ${'words' in allowed ? allowed.words : `one of ${allowed.join(', ')}`}, got ${shown(value)}`;
});

const APPLIED = warningRule<ParameterInput>('parametersApplyOnUpdate', ISSUE, ({ name, value }) =>
  (ruleOf(name)?.defaultValue === value || isSearch(name)
    ? undefined
    : `CloudFormation does not apply '${name}' when it creates the parameter group, only when it updates it: deploy the group with the family's ` +
      `defaults first and set the value in a second deployment, or apply it with the UpdateParameterGroup API after the first one (${ISSUE})`));

const SEARCH = warningRule<ParameterInput>('searchEnabledTooLate', 'MemoryDB Developer Guide, "Vector search features and limits"', ({ name, value }) =>
  (isSearch(name) && value === 'yes'
    ? "'search-enabled' is read only when a cluster is created, while CloudFormation applies it only when it updates the parameter group " +
      `(${ISSUE}): a cluster that is deployed with the group never gets vector search; give the cluster 'vectorSearch: true' in place of the group`
    : undefined));

const COUNT = warningRule<ParameterInput>('parametersPerUpdate', 'API reference, "UpdateParameterGroup"', ({ count }) =>
  (count > MAX_PER_UPDATE
    ? `'parameters' sets more than ${MAX_PER_UPDATE} parameters, which the service refuses to change in one call, while CloudFormation sends all in one: ` +
      'leave out those that have the default of their family'
    : undefined));

export const PARAMETER_RULES = [NAME, TEXT, VALUE, APPLIED, SEARCH, COUNT];

function isSearch(name: string): boolean {
  return name === 'search-enabled';
}

/** Whether anything is known about a parameter, named or not, in a family. */
function isListed(family: string, name: string): boolean {
  return known(name, family) && KNOWN_FAMILIES.includes(family);
}

/** The names come from the user, so what every object has must not be taken for a parameter. */
function ruleOf(name: string): ParameterRule | undefined {
  return Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
}

function namesOf(family: string): string[] {
  return Object.keys(PARAMETERS)
    .filter((name) => PARAMETERS[name].families?.includes(family) !== false)
    .sort();
}
