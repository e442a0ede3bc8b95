import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix, resolve } from 'node:path';

/** The working directory of the run. Coverage runs these tests compiled, from another folder. */
const root = resolve('.');

/**
 * The modules that each module may import, from the bottom up. A module is a folder of `src` or `packages`, a file in
 * `src` itself, together with the folder of its name, or all of `tools`. See the diagram in docs/architecture.md.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/client': [],
  'packages/chartmogul-sandbox': [],
  'src/domain': [],
  'src/chartmogul': [],
  'src/runtime': [],
  'src/temporal': ['src/runtime'],
  'src/probe': ['src/chartmogul', 'src/runtime'],
  'src/stripe': ['src/domain'],
  'src/workflows': ['src/domain'],
  'src/journeys': ['src/domain', 'src/runtime', 'src/temporal', 'src/workflows'],
  'src/activities': ['src/chartmogul', 'src/domain', 'src/journeys', 'src/stripe', 'src/workflows'],
  'src/import': ['src/domain', 'src/journeys', 'src/runtime', 'src/temporal', 'src/workflows'],
  'src/gateway': ['src/domain', 'src/journeys', 'src/runtime', 'src/stripe', 'src/temporal', 'src/workflows'],
  'src/doctor': [
    'src/chartmogul',
    'src/domain',
    'src/gateway',
    'src/journeys',
    'src/runtime',
    'src/stripe',
    'src/temporal',
    'src/workflows',
  ],
  'src/worker': [
    'src/activities',
    'src/chartmogul',
    'src/domain',
    'src/journeys',
    'src/runtime',
    'src/temporal',
    'src/workflows',
  ],
  'src/cli': ['src/domain', 'src/journeys', 'src/runtime', 'src/temporal', 'src/workflows', ...lazyModules()],
  'src/starter': ['src/journeys', 'src/runtime', 'src/cli'],
};

/** Modules from which only types may be imported. */
const mayImportTypes: Readonly<Record<string, readonly string[]>> = { 'src/workflows': ['src/activities'] };

/** Other entry points. The command line loads one only when its command runs. */
function lazyModules(): readonly string[] {
  return ['src/doctor', 'src/gateway', 'src/import', 'src/probe', 'src/stripe', 'src/worker'];
}

/** The workflow files that other modules may import: messages and constants. Only the worker imports the rest. */
const openWorkflowFiles = [
  'messages',
  'billing-messages',
  'sweep-messages',
  'audit-messages',
  'policy',
  'search-attributes',
];

/** Modules that run in Temporal's workflow sandbox and must be deterministic. */
const withoutNode = ['src/domain', 'src/workflows'];
const packagesOfProcesses = ['@temporalio/client', '@temporalio/worker', '@temporalio/activity', '@temporalio/testing'];

interface Import {
  /** Path of the importing file, without extension. */
  readonly from: string;
  /** The import specifier, as written. */
  readonly specifier: string;
  readonly kind: 'value' | 'type' | 'lazy';
}

describe('import rules', () => {
  const files = ['src', 'packages/client/src', 'packages/chartmogul-sandbox/src', 'tools'].flatMap(sourceFiles);
  const imports = files.flatMap((file) => importsOf(nameOf(file), readFileSync(join(root, file), 'utf8')));

  it('hold for every file', () => {
    assert.deepEqual(imports.map(violation).filter(Boolean), []);
  });

  it('exist for every module', () => {
    const modules = new Set(files.map((file) => moduleOf(nameOf(file))));
    assert.deepEqual([...modules].sort(), [...Object.keys(mayImport), 'tools'].sort());
  });

  it('allow no import cycle, neither of values nor of types', () => {
    assert.deepEqual(circles(imports), []);
  });

  it('load entry points on demand: the command line does not import one statically', () => {
    const reached = reachableFrom('src/cli/program', imports);
    assert.deepEqual(
      reached.filter((file) => lazyModules().includes(moduleOf(file))),
      [],
    );
  });

  const forbidden: [what: string, from: string, code: string][] = [
    ['the domain imports the client', 'src/domain/journey/facts', "import { x } from '../../chartmogul/client.js';"],
    ['a workflow imports an activity', 'src/workflows/steps', "import { x } from '../activities/index.js';"],
    ['a workflow imports one value', 'src/workflows/steps', "import { type A, b } from '../activities/index.js';"],
    ['a workflow re-exports an activity', 'src/workflows/steps', "export * from '../activities/index.js';"],
    ['a workflow loads an activity', 'src/workflows/steps', "const all = await import('../activities/index.js');"],
    ['a workflow requires an activity', 'src/workflows/steps', "const all = require('../activities/index.js');"],
    ['the journeys module imports a workflow', 'src/journeys/journeys', "import { x } from '../workflows/journey.js';"],
    ['the gateway imports the command line', 'src/gateway/main', "import { x } from '../cli/terminal.js';"],
    ['the client imports src', 'packages/client/src/client', "import { x } from '../../../src/domain/duration.js';"],
    ['the product imports a tool', 'src/worker', "import { x } from '../tools/dev/stack.js';"],
    ['a workflow imports Node', 'src/workflows/journey', "import { readFileSync } from 'node:fs';"],
    ['the domain imports Node without the prefix', 'src/domain/journey/facts', "import { x } from 'fs/promises';"],
    ['a workflow imports the client', 'src/workflows/journey', "import type { Client } from '@temporalio/client';"],
  ];
  for (const [what, from, code] of forbidden) {
    it(`are broken if ${what}`, () => {
      assert.equal(importsOf(from, code).map(violation).filter(Boolean).length, 1);
    });
  }

  const allowed: [what: string, from: string, code: string][] = [
    ['a workflow imports types', 'src/workflows/steps', "import type { Activities } from '../activities/index.js';"],
    ['a workflow imports two types', 'src/workflows/steps', "import { type A, type B } from '../activities/index.js';"],
    ['a type import is inline', 'src/workflows/steps', "type All = import('../activities/index.js').Activities;"],
    ['a comment has imports', 'src/domain/duration', "// import { x } from '../worker.js';\n/* import '../x.js'; */"],
    ['the journeys module imports messages', 'src/journeys/search', "import * as m from '../workflows/messages.js';"],
  ];
  for (const [what, from, code] of allowed) {
    it(`hold if ${what}`, () => {
      assert.deepEqual(importsOf(from, code).map(violation).filter(Boolean), []);
    });
  }

  it('find a cycle and the reachable files', () => {
    const ring = [
      ...importsOf('src/domain/a', "import { b } from './b.js';"),
      ...importsOf('src/domain/b', "import type { a } from './a.js';\nconst c = await import('./c.js');"),
    ];
    assert.deepEqual(circles(ring), [['src/domain/a', 'src/domain/b']]);
    assert.deepEqual(reachableFrom('src/domain/a', ring), ['src/domain/b']);
  });
});

/** Why an import is not allowed, or undefined if it is. */
function violation({ from, specifier, kind }: Import): string | undefined {
  const module = moduleOf(from);
  const message = `${from} imports ${specifier}`;
  if (!specifier.startsWith('.')) {
    const isOfProcesses = packagesOfProcesses.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    return withoutNode.includes(module) && (isBuiltin(specifier) || isOfProcesses) ? message : undefined;
  }
  const target = targetOf(from, specifier);
  const targetModule = moduleOf(target);
  if (module === 'tools' || targetModule === module) return undefined;
  const isClosedWorkflow =
    targetModule === 'src/workflows' &&
    module !== 'src/worker' &&
    !openWorkflowFiles.some((name) => target === `src/workflows/${name}`);
  const modules = [...(mayImport[module] ?? []), ...(kind === 'type' ? (mayImportTypes[module] ?? []) : [])];
  return modules.includes(targetModule) && !isClosedWorkflow ? undefined : message;
}

/** Groups of files that import each other, directly or not, by static imports. */
function circles(imports: readonly Import[]): string[][] {
  const names = [...new Set(imports.map(({ from }) => from))];
  const isCircular = (name: string) => reachableFrom(name, imports, ['value', 'type']).includes(name);
  const circular = names.filter(isCircular).sort();
  return circular.length === 0 ? [] : [circular];
}

/** The files that are loaded with one file, without dynamic imports. */
function reachableFrom(start: string, imports: readonly Import[], kinds: readonly Import['kind'][] = ['value']) {
  const targets = new Map<string, string[]>();
  for (const { from, specifier, kind } of imports) {
    if (!specifier.startsWith('.') || !kinds.includes(kind)) continue;
    targets.set(from, [...(targets.get(from) ?? []), targetOf(from, specifier)]);
  }
  const reached = new Set<string>();
  const open = [...(targets.get(start) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    open.push(...(targets.get(next) ?? []));
  }
  return [...reached];
}

/** All imports of a file. Regular expressions are sufficient because the source is formatted. */
function importsOf(from: string, code: string): Import[] {
  const text = code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = /^\s*(?:import|export)\s+(?<what>[^'"();]*?\sfrom\s+)?['"](?<specifier>[^'"]+)['"]/gm;
  const calls = /(?<!\.)\b(?:import|require)\(\s*['"](?<specifier>[^'"]+)['"]\s*\)(?<member>\.[A-Z])?/g;
  return [
    ...[...text.matchAll(statements)].map(({ groups = {} }) => ({
      from,
      specifier: groups.specifier ?? '',
      kind: isTypesOnly(groups.what ?? '') ? ('type' as const) : ('value' as const),
    })),
    ...[...text.matchAll(calls)].map(({ groups = {} }) => ({
      from,
      specifier: groups.specifier ?? '',
      // `import('x').Name` without an await before it is a type.
      kind: groups.member === undefined ? ('lazy' as const) : ('type' as const),
    })),
  ];
}

function isTypesOnly(what: string): boolean {
  if (/^type\s/.test(what)) return true;
  const names = /^\{(?<names>[^}]*)\}/
    .exec(what.trim())
    ?.groups?.names?.split(',')
    .filter((name) => name.trim() !== '');
  return names !== undefined && names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[cm]?tsx?$/.test(file))
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')));
}

function targetOf(from: string, specifier: string): string {
  return nameOf(posix.join(posix.dirname(from), specifier));
}

/** A path without its extension. */
function nameOf(path: string): string {
  return path.replace(/\.[cm]?[jt]sx?$/, '');
}

function moduleOf(name: string): string {
  const [top = '', second] = name.split('/');
  return top === 'tools' || second === undefined ? top : `${top}/${second}`;
}
