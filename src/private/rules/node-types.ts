import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { errorRule } from './rule';
import { shown } from '../errors';

/** A node type whose name is known. */
export interface NodeTypeInput {
  readonly name: string;
  readonly dataTiering?: boolean;
}

const FORM = errorRule<NodeTypeInput>(lit`InvalidNodeType`, 'MemoryDB Developer Guide, "Supported node types"', ({ name }) =>
  (/^db\.[a-z0-9]+\.[a-z0-9]+$/.test(name)
    ? undefined
    : `'nodeType' must be of the form 'db.<family>.<size>' such as 'db.r7g.large', got ${shown(name)}`));

const TIERING = errorRule<NodeTypeInput>(lit`DataTieringMismatch`, 'MemoryDB Developer Guide, "Data tiering"', ({ name, dataTiering }) => {
  const expected = tieringByFamily(name);
  return dataTiering === undefined || expected === undefined || dataTiering === expected
    ? undefined
    : `'dataTiering' must be ${expected} for node type ${shown(name)}, got ${dataTiering}; ` +
      'the service demands data tiering on r6gd nodes and refuses it on others; leave it out or choose another node type';
});

export const NODE_TYPE_RULES = [FORM, TIERING];

/** Whether a node type tiers data (MemoryDB Developer Guide, "Data tiering"); undefined for a family not known here. */
export function tieringByFamily(name: string): boolean | undefined {
  const family = /^db\.(r6gd|r6g|r7g|t4g)\./.exec(name)?.[1];
  return family === undefined ? undefined : family === 'r6gd';
}
