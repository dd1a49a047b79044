import ts from 'typescript';
import type { Project } from './project';

/** The ways of finding modules that TypeScript knows, as a project's `compilerOptions`. */
export const RESOLUTIONS = {
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  node10: { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10, ignoreDeprecations: '6.0' },
} satisfies Record<string, ts.CompilerOptions>;

/** A way of finding modules. */
export type Resolution = keyof typeof RESOLUTIONS;

/**
 * Type-checks source files of a project together with the declarations of this package, as `skipLibCheck: false` does; those of other
 * packages are read, but their own faults are not looked for.
 *
 * @returns the faults, as the compiler writes them
 */
export function typeCheck(project: Project, files: readonly string[], resolution: Resolution): string {
  const program = ts.createProgram(files, {
    ...RESOLUTIONS[resolution],
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: ['node'],
    typeRoots: [project.path('node_modules', '@types')],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  });
  const checked = program.getSourceFiles().filter(({ fileName }) => files.includes(fileName) || fileName.includes('/cdk-memorydb/lib/'));
  const faults = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ];
  return ts.formatDiagnostics(faults, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => project.directory,
    getNewLine: () => '\n',
  });
}
