import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { ROOT, pack } from './tarball';

/** The pnpm of this repository. */
export const PNPM = join(ROOT, 'node_modules', '.bin', 'pnpm');

/** Installs quickly what the cache has, and runs nothing that a package brings. */
const INSTALL = ['install', '--prefer-offline', '--ignore-scripts'];

/** The commands of the package managers whose layouts of `node_modules` are tested. */
const INSTALLERS = {
  npm: ['npm', ...INSTALL, '--no-audit', '--no-fund'],
  /** Peers are left out unless the project lists them, as with `npm install --legacy-peer-deps` or older package managers. */
  npmWithoutPeers: ['npm', ...INSTALL, '--no-audit', '--no-fund', '--legacy-peer-deps'],
  /** A package sees what it declares; being a member of a workspace, the project's own dependencies are not above the packages either. */
  pnpm: [PNPM, ...INSTALL, '--config.hoist=false', '--config.node-linker=isolated'],
} as const;

/** How a project's dependencies are installed. */
export type Installer = keyof typeof INSTALLERS;

/** A user's project in a temporary directory, with the packed package installed. */
export class Project {
  /**
   * Makes a project, and packs and installs the package.
   *
   * @param dependencies - names of further packages, of the version that this repository has installed
   */
  public static create(installer: Installer, dependencies: readonly string[]): Project {
    const project = new Project(realpathSync(mkdtempSync(join(tmpdir(), `cdk-memorydb-${installer}-`))));
    const { path } = pack(project.root);
    const versions = dependencies.map((name) => [name, installedVersion(name)]);
    mkdirSync(project.directory);
    writeFileSync(join(project.root, 'pnpm-workspace.yaml'), 'packages: [app]\n');
    writeFileSync(project.path('package.json'), JSON.stringify({
      name: 'app',
      private: true,
      dependencies: { 'cdk-memorydb': `file:${path}`, ...Object.fromEntries(versions) },
    }));
    const [command, ...args] = INSTALLERS[installer];
    project.run(command, args);
    return project;
  }

  /** The project's own directory. */
  public readonly directory: string;

  private constructor(public readonly root: string) {
    this.directory = join(root, 'app');
  }

  /** The path of something in the project. */
  public path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** Whether a package is installed at the top level. */
  public has(name: string): boolean {
    return existsSync(this.path('node_modules', name));
  }

  /** Copies a fixture into the project as TypeScript source, for a CommonJS and for an ES module; returns both paths. */
  public addSource(fixture: string): string[] {
    return ['ts', 'mts'].map((extension) => {
      const target = this.path('src', `${fixture}.${extension}`);
      mkdirSync(this.path('src'), { recursive: true });
      cpSync(fixturePath(fixture), target);
      return target;
    });
  }

  /** Runs a fixture in a fresh process, as CommonJS or as an ES module; returns what it prints. */
  public runFixture(fixture: string, format: 'cjs' | 'esm'): string {
    const { code } = transformSync(readFileSync(fixturePath(fixture), 'utf8'), { loader: 'ts', format, target: 'node20' });
    const script = this.path(`${fixture}.${format === 'cjs' ? 'cjs' : 'mjs'}`);
    writeFileSync(script, code);
    return this.run(process.execPath, [script]);
  }

  /**
   * Runs a program in the project, without the template validation, which takes seconds.
   *
   * @returns what it prints; when it fails, its errors are part of the exception's message
   */
  public run(command: string, args: readonly string[]): string {
    return execFileSync(command, args, { cwd: this.directory, encoding: 'utf8', env: { ...process.env, CDK_VALIDATION: 'false' }, stdio: 'pipe' });
  }

  /** Deletes the project. */
  public remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The path of a fixture. */
export function fixturePath(fixture: string): string {
  return join(__dirname, '..', 'fixtures', `${fixture}.ts`);
}

function installedVersion(name: string): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}
