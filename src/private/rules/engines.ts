import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { THIS_LIBRARY, errorRule, known } from './rule';
import { shown } from '../errors';

/** An engine and its version. */
export interface EngineInput {
  readonly engine: string;
  readonly version: string;
  readonly parameterGroupFamily?: string;
}

const ENGINES = ['valkey', 'redis'];

const ENGINE_NAME = errorRule<EngineInput>(lit`InvalidEngine`, 'API reference, "CreateCluster"', ({ engine }) =>
  (!known(engine) || ENGINES.includes(engine) ? undefined : `'engine' must be 'valkey' or 'redis', in lower-case letters, got ${shown(engine)}`));

const MAJOR_AND_MINOR = errorRule<EngineInput>(lit`InvalidEngineVersion`, 'MemoryDB Developer Guide, "Engine versions"', ({ version }) =>
  (!known(version) || /^\d+\.\d+$/.test(version)
    ? undefined
    : `'version' must be a major and a minor number such as '7.3', since the service chooses the patch, got ${shown(version)}`));

const KNOWN_FAMILY = errorRule<EngineInput>(lit`UnknownParameterGroupFamily`, THIS_LIBRARY, ({ engine, version, parameterGroupFamily }) =>
  (parameterGroupFamily !== undefined || known(engine, version)
    ? undefined
    : "'parameterGroupFamily' must be given when 'engine' or 'version' is a token, since it cannot be derived from them"));

export const ENGINE_RULES = [ENGINE_NAME, MAJOR_AND_MINOR, KNOWN_FAMILY];
