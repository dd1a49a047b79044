import type { Contest, Side } from './compare';
import { runScript } from './process';

/** The library, as an application names it. */
const LIBRARY = 'cdk-memorydb';

/** Names of members that were read, by module, in the order in which the modules were first asked for. */
type Uses = Record<string, string[]>;

/**
 * Loads the library and prints what its files asked of others while it loaded: modules that are neither its own files nor part of
 * Node.js, and the members they read of them.
 */
const LIST_USES = `
const Module = require('node:module');
const { dirname, sep } = require('node:path');
const library = dirname(require.resolve('${LIBRARY}')) + sep;
const load = Module._load;
const uses = {};
Module._load = function (request, parent, ...rest) {
  const loaded = load.call(this, request, parent, ...rest);
  if (!parent?.filename?.startsWith(library) || request.startsWith('.') || Module.isBuiltin(request)) {
    return loaded;
  }
  const members = uses[request] ??= [];
  return new Proxy(loaded, {
    get(target, member) {
      if (member !== '__esModule' && !members.includes(member)) {
        members.push(member);
      }
      return target[member];
    },
  });
};
require('${LIBRARY}');
console.log(JSON.stringify(uses));
`;

/**
 * Loading the library against loading no more than what it loads of others.
 *
 * There are two peers, since the modules of aws-cdk-lib load their parts when a member is first read: one loads the modules and reads
 * the members that the library reads (the base class of its constructs, say), the other only the modules. Every measurement is a fresh
 * process, since a module is loaded once per process; the start of Node.js itself is not measured.
 */
export function requireContest(): Contest {
  const uses = Object.entries(runScript<Uses>(['-e', LIST_USES]));
  const members = uses.flatMap(([module, names]) => names.map((name) => `require('${module}').${name};`));
  const modules = uses.map(([module]) => `require('${module}');`);
  return {
    benchmark: 'require',
    unit: 'Milliseconds',
    note: `Fresh process each. The library loads ${uses.map(([module, names]) => names.length > 0 ? `${module} (${names.join(', ')})` : module).join(', ')}.`,
    own: loading(`require('${LIBRARY}')`, `require('${LIBRARY}');`),
    peers: [
      loading('the modules and members it uses', [...modules, ...members].join('')),
      loading('the modules it uses, unread', modules.join('')),
    ],
  };
}

function loading(name: string, statements: string): Side {
  const script = `const start = performance.now(); ${statements} console.log(performance.now() - start);`;
  return { name, measure: () => runScript<number>(['-e', script]) };
}
