import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXAMPLES, saidAbout } from './support/rule-examples';
import { THIS_LIBRARY } from '../src/private/rules/rule';
import { RULES } from '../src/private/rules/table';

test('every rule has an id of its own, a text and a source', () => {
  const ids = RULES.map(({ id }) => String(id));
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, kind, source } of RULES) {
    expect(id).toMatch(kind === 'error' ? /^([A-Z][a-z]+)+$/ : /^[a-z]+([A-Z][a-z]+)*$/);
    expect(source).toMatch(new RegExp(`^(${THIS_LIBRARY}|(MemoryDB Developer Guide|API reference), ".+"|https://.+)$`));
  }
});

test('every rule has an example, every example a rule', () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(RULES.map(({ id }) => String(id)).sort());
});

describe.each(RULES.map((rule) => [rule.kind, String(rule.id)] as const))('the %s %s', (kind, ruleId) => {
  const [breakIt, says] = EXAMPLES[ruleId];

  test('is said', () => {
    const { id, text } = saidAbout(breakIt);
    expect(text).toContain(says);
    if (kind === 'warning') {
      expect(id).toBeUndefined();
      expect(text).toContain(`[ack: Annotation::cdk-memorydb:${ruleId}]`);
    } else {
      expect(id ?? ruleId).toBe(ruleId);
      expect(text).not.toContain('[ack:');
      expect(text).not.toMatch(/[.!]$/);
    }
  });
});

test('every warning is in the README', () => {
  const listed = [...readFileSync('README.md', 'utf8').matchAll(/^\| `cdk-memorydb:(\w+)` \|/gm)].map(([, id]) => id);
  expect(listed.sort()).toEqual(RULES.filter(({ kind }) => kind === 'warning').map(({ id }) => id).sort());
});
