import { JsonFile, awscdk, javascript, typescript } from 'projen';

const CDK_VERSION = '2.276.0';

const DEV_DIRS = ['test', 'examples', 'bench'];

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-memorydb',
  description: 'AWS CDK constructs, a client helper and a local server for Amazon MemoryDB as a primary database',
  keywords: ['aws', 'cdk', 'awscdk', 'memorydb', 'valkey', 'redis', 'ioredis'],
  author: 'cdk-memorydb',
  authorOrganization: true,
  authorAddress: 'https://github.com/cdk-memorydb',
  repositoryUrl: 'https://github.com/cdk-memorydb/cdk-memorydb.git',
  license: 'Apache-2.0',
  copyrightOwner: 'the cdk-memorydb authors',
  defaultReleaseBranch: 'main',
  projenrcTs: true,
  runner: typescript.TypeScriptRunner.tsx(),
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.0.0',
  github: false,
  release: false,

  cdkVersion: CDK_VERSION,
  constructsVersion: '10.5.1',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  publishToPypi: { distName: 'cdk-memorydb', module: 'cdk_memorydb' },
  publishToMaven: {
    mavenGroupId: 'io.github.cdk-memorydb',
    mavenArtifactId: 'cdk-memorydb',
    javaPackage: 'io.github.cdkmemorydb',
  },
  publishToNuget: { packageId: 'CdkMemoryDb', dotNetNamespace: 'CdkMemoryDb' },
  publishToGo: { moduleName: 'github.com/cdk-memorydb/cdk-memorydb-go', packageName: 'cdkmemorydb' },
  stability: 'experimental',

  jest: false,
  sampleCode: false,
  eslintOptions: { dirs: ['src'], devdirs: DEV_DIRS, prettier: false, commandOptions: { fix: false } },

  devDeps: [
    `aws-cdk-lib@${CDK_VERSION}`,
    'ioredis@6.0.0',
    'ioredis-5@npm:ioredis@5.11.1',
    '@aws-sdk/client-secrets-manager@^3',
    '@aws-sdk/credential-provider-node@^3',
    '@aws-sdk/util-format-url@^3',
    '@aws-crypto/sha256-js@^5',
    '@smithy/signature-v4@^5',
    '@types/aws-lambda@^8',
    '@cdklabs/eslint-plugin@^1',
    'awslint@2.262.2-alpha.0',
    'cdk-nag@^3',
    'esbuild@^0.28',
    'asn1js@^3',
    'fast-check@^4',
    'pkijs@^3',
    'pnpm@^10',
    'tsx@^4',
    'vitest@^4',
    // peers that the client is measured against
    'redis@^6',
    '@valkey/valkey-glide@^2',
    // libraries that the client is tested with
    '@aws-lambda-powertools/idempotency@^2',
    '@opentelemetry/api@^1',
    '@socket.io/redis-adapter@^8',
    '@types/express-session@^1',
    'bullmq@^6',
    'connect-redis@^9',
    'express-session@^1',
    'rate-limiter-flexible@^11',
    'redlock@5.0.0-beta.2',
    'socket.io@^4',
    'socket.io-client@^4',
  ],
  gitignore: ['cdk.out', '/bench/results', '.jsii.tabl.json', 'tsconfig.tsbuildinfo'],
});

project.npmignore?.exclude(
  ...['/examples/', '/bench/', '/decisions/', '/scripts/', '/rosetta/', '/.ci/'],
  ...['/vitest.config.mts', '/cdk.json', '/cdk.out/', '/.npmrc', '.jsii.tabl.json'],
  // what `bundle:local` and `bundle:client` have put together
  ...['/lib/local/*.js', '/lib/client/*.js'],
);
project.npmignore?.include('/lib/local/index.js', '/lib/local/cli.js', '/lib/client/index.js', '/lib/client/index.mjs');

// The plugin's declared peers lag behind eslint and its parser; its rules run on the newer ones.
project.package.addField('overrides', {
  // 1.13.0 names platform packages that were not published, without which `npm ci` refuses the lock file.
  'unrs-resolver': '1.12.2',
  '@cdklabs/eslint-plugin': { '@typescript-eslint/parser': '$@typescript-eslint/parser', 'eslint': '$eslint' },
});

// jsii refuses non-jsii packages in `peerDependencies`; an optional peer needs only its meta entry (decisions/0001).
project.package.addField('peerDependenciesMeta', {
  'ioredis': { optional: true },
  '@aws-sdk/client-secrets-manager': { optional: true },
  '@aws-sdk/credential-provider-node': { optional: true },
});
project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  // `module` is for bundlers; Node.js knows one form of the client only, so that its classes are there once.
  './client': { types: './lib/client/index.d.ts', module: './lib/client/index.mjs', default: './lib/client/index.js' },
  './local': { types: './lib/local/index.d.ts', default: './lib/local/index.js' },
  './.jsii': './.jsii',
  './package.json': './package.json',
});
project.package.addField('typesVersions', {
  '*': { client: ['./lib/client/index.d.ts'], local: ['./lib/local/index.d.ts'] },
});
project.package.addBin({ 'cdk-memorydb': './lib/local/cli.js' });

// MemoryDB Local is bundled with all that it imports, and the client's libraries are optional peers.
project.eslint?.allowDevDeps('src/local/**');
project.eslint?.allowDevDeps('src/client/**');
project.eslint?.addPlugins('@cdklabs');
project.eslint?.addRules({
  '@cdklabs/no-core-construct': ['error'],
  '@cdklabs/invalid-cfn-imports': ['error'],
  '@cdklabs/no-literal-partition': ['error'],
  '@cdklabs/no-invalid-path': ['error'],
});
// A checksum is made of bits.
project.eslint?.addOverride({ files: ['src/client/crc16.ts'], rules: { 'no-bitwise': ['error', { allow: ['^', '&', '<<', '>>'] }] } });

project.package.addField('awslint', {
  exclude: [
    // types of aws-cdk-lib that our API mentions; theirs to mend
    'prefer-ref-interface:aws-cdk-lib.*',
    // how a user signs in is known of an `IUser` only
    'prefer-ref-interface:cdk-memorydb.ICluster.connectionFor.user',
    // the service makes the name and takes only its end, the `suffix`
    'props-physical-name:cdk-memorydb.MultiRegionClusterProps',
  ],
});

// jsii announces the end of life of a Node.js version this package still supports, in a banner at every start.
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '1');

project.preCompileTask.exec('rm -rf lib');

const bundleLocal = project.addTask('bundle:local', {
  description: 'Bundle MemoryDB Local, so that it brings no runtime dependency',
  exec: 'node scripts/bundle-local.mjs',
});
const bundleClient = project.addTask('bundle:client', {
  description: 'Bundle the client into one file for Node.js, which loads sooner, and one for bundlers',
  exec: 'node scripts/bundle-client.mjs',
});
const lintApi = project.addTask('awslint', { description: 'Check the API against the CDK design guidelines', exec: 'node scripts/awslint.mjs' });
const readme = project.addTask('readme', {
  description: 'Compile the code blocks of the README',
  exec: 'jsii-rosetta extract --strict .jsii',
});
const languages = project.addTask('languages', {
  description: 'Generate the library for all languages, so that no name is one that a language cannot have',
  exec: 'jsii-pacmak --code-only --outdir dist/languages',
});
const build = project.addTask('compile:all', {
  description: 'Compile everything that the package holds',
  steps: [{ spawn: 'pre-compile' }, { spawn: 'compile' }, { spawn: bundleLocal.name }, { spawn: bundleClient.name }],
});
project.postCompileTask.prependSpawn(bundleClient);
project.postCompileTask.prependSpawn(bundleLocal);
project.postCompileTask.spawn(lintApi);
project.postCompileTask.spawn(readme);
project.postCompileTask.spawn(languages);

project.testTask.reset();
for (const dir of [...DEV_DIRS, 'projenrc']) {
  project.testTask.exec(`tsc --noEmit -p ${dir}/tsconfig.json`);
}
project.testTask.exec('vitest run', { receiveArgs: true });
project.testTask.spawn(project.eslint!.eslintTask);

const verify = project.addTask('verify', {
  description: 'Compile, check and test everything',
  steps: [{ spawn: 'pre-compile' }, { spawn: 'compile' }, { spawn: 'post-compile' }, { spawn: 'test' }],
});
const demo = project.addTask('demo', {
  description: 'Synthesize the orders example and run its handler against MemoryDB Local',
  steps: [
    { spawn: build.name },
    { exec: 'tsx examples/orders/app.ts', env: { CDK_OUTDIR: 'cdk.out' } },
    { exec: 'node lib/local/cli.js local up --app cdk.out -- tsx examples/orders/demo.ts' },
  ],
});
const bench = project.addTask('bench', {
  description: 'Measure against named peers',
  steps: [{ spawn: build.name }, { exec: 'tsx bench/run.ts', receiveArgs: true }],
});
// On a fresh machine nothing is installed yet, so these start without projen.
for (const [script, task] of Object.entries({ test: verify, demo, bench })) {
  project.setScript(script, `node scripts/setup.mjs && projen ${task.name}`);
}

for (const dir of DEV_DIRS.filter((name) => name !== 'test')) {
  new javascript.TypescriptConfig(project, {
    fileName: `${dir}/tsconfig.json`,
    extends: javascript.TypescriptConfigExtends.fromTypescriptConfigs([project.tsconfigDev]),
    include: ['**/*.ts'],
  });
}

new JsonFile(project, 'cdk.json', {
  marker: false,
  obj: {
    app: 'tsx examples/orders/app.ts',
    context: { '@aws-cdk/core:validateAgainstDefaultRules': true },
  },
});

project.synth();
