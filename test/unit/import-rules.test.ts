import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize, relative, resolve } from 'node:path';

// From the folder of the run, since the coverage runs these tests compiled and elsewhere.
const src = resolve('src');

/** Who may import which of our own parts: a folder, or a file by its path without extension. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  journey: [],
  billing: ['journey'],
  stripe: ['billing', 'journey'],
  client: [],
  chartmogul: [],
  sandbox: [],
  temporal: [],
  config: [],
  logging: [],
  workflows: ['billing', 'journey'],
  activities: ['billing', 'chartmogul', 'journey'],
  import: [
    ...['starter', 'journey', 'temporal', 'config', 'main'],
    ...['workflows/messages', 'workflows/policy', 'workflows/search-attributes'],
  ],
  main: ['chartmogul', 'config', 'journey', 'starter', 'temporal'],
  ...Object.fromEntries(
    ['starter', 'cli', 'gateway'].map((part) => [
      part,
      [
        ...['starter', 'cli', 'gateway', 'billing', 'journey', 'temporal', 'config', 'logging', 'main'],
        ...['workflows/messages', 'workflows/billing-messages', 'workflows/search-attributes', 'workflows/policy'],
      ],
    ]),
  ),
};

/** One command starts every program of the package. */
const mayImportMore: Readonly<Record<string, readonly string[]>> = {
  'cli/program': ['worker', 'sandbox/main'],
  // A journey is started in one way, also by a workflow that cannot do it itself.
  'activities/hand-over': ['starter', 'workflows/messages'],
  'gateway/stripe-webhook': ['stripe'],
  'cli/import-command': ['import'],
  'cli/import-progress': ['import'],
  'cli/import-texts': ['import'],
};

/** Where types alone are enough. */
const mayImportTypes: Readonly<Record<string, readonly string[]>> = { workflows: ['activities'] };

/** These put the parts together. */
const mayImportAll: readonly string[] = ['worker', 'dev', 'source-watch'];

/** They run in Temporal's sandbox, or must give the same answer on every machine that replays. */
const withoutNode = ['journey', 'workflows'];
const packagesOfProcesses = ['@temporalio/client', '@temporalio/worker', '@temporalio/activity', '@temporalio/testing'];

interface Import {
  /** Path of the importing file below src, without extension. */
  readonly from: string;
  /** What is imported, as written. */
  readonly specifier: string;
  readonly isType: boolean;
}

describe('who may import whom', () => {
  const imports = sourceFiles().flatMap((file) => importsOf(nameOf(file), readFileSync(join(src, file), 'utf8')));

  it('is kept by every file', () => {
    assert.deepEqual(imports.map(forbidden).filter(Boolean), []);
  });

  it('is told for every folder and file of the source', () => {
    const parts = new Set(sourceFiles().map((file) => partOf(nameOf(file))));

    assert.deepEqual(
      [...parts].filter((part) => !(part in mayImport) && !mayImportAll.includes(part)),
      [],
    );
  });

  it('is read from import statements that are really there', () => {
    assert.ok(imports.some(({ from, specifier }) => from === 'chartmogul/client' && specifier === 'node-fetch'));
    assert.ok(imports.some(({ from, specifier }) => from === 'worker' && specifier === './activities/index.js'));
    assert.ok(
      imports.some(
        ({ from, specifier, isType }) => isType && from === 'workflows/steps' && /activities/.test(specifier),
      ),
    );
  });

  const refused: [what: string, from: string, code: string][] = [
    ['the sandbox by a rule', 'journey/facts', "import { startSandbox } from '../sandbox/index.js';"],
    ['an activity by a workflow', 'workflows/steps', "import { createActivities } from '../activities/index.js';"],
    [
      'a part of an activity',
      'workflows/steps',
      "import { type Deps, createActivities } from '../activities/index.js';",
    ],
    ['an activity by export', 'workflows/steps', "export * from '../activities/index.js';"],
    ['an activity on demand', 'workflows/steps', "const all = await import('../activities/index.js');"],
    ['an activity for its effect', 'workflows/steps', "import '../activities/index.js';"],
    ['an activity by require', 'workflows/steps', "const all = require('../activities/index.js');"],
    [
      'the client by a rule, over several lines',
      'journey/facts',
      "import {\n  a,\n  b,\n} from '../chartmogul/client.js';",
    ],
    ['a workflow by an activity', 'activities/index', "import type { Lead } from '../workflows/messages.js';"],
    ['the story by an application', 'starter', "import { customerJourney } from './workflows/customer-journey.js';"],
    ['our own code by the sandbox', 'sandbox/index', "import type { Instant } from '../journey/instant.js';"],
    ['our own code by temporal', 'temporal/server', "import { workerConfig } from '../config.js';"],
    ['Node by a workflow', 'workflows/journey', "import { readFileSync } from 'node:fs';"],
    ['Node by its old name', 'journey/facts', "import { readFileSync } from 'fs/promises';"],
    ['the Temporal client by a workflow', 'workflows/journey', "import type { Client } from '@temporalio/client';"],
    ['the Temporal worker by a rule', 'journey/facts', "import { Worker } from '@temporalio/worker/lib/worker.js';"],
  ];
  for (const [what, from, code] of refused) {
    it(`would be broken by importing ${what}`, () => {
      assert.deepEqual(importsOf(from, code).map(forbidden).filter(Boolean).length, 1);
    });
  }

  const allowed: [what: string, from: string, code: string][] = [
    [
      'types of activities by a workflow',
      'workflows/steps',
      "import type { Activities } from '../activities/index.js';",
    ],
    ['types one by one', 'workflows/steps', "import { type Activities, type Deps } from '../activities/index.js';"],
    ['a type in place', 'workflows/steps', "type All = import('../activities/index.js').Activities;"],
    ['what is only spoken of', 'journey/facts', "// see import { x } from '../worker.js';\n/* import '../dev.js'; */"],
    ['messages by an application', 'starter', "import * as messages from './workflows/messages.js';"],
    ['everything by the worker', 'worker', "import { customerJourney } from './workflows/index.js';"],
  ];
  for (const [what, from, code] of allowed) {
    it(`is not broken by importing ${what}`, () => {
      assert.deepEqual(importsOf(from, code).map(forbidden).filter(Boolean), []);
    });
  }
});

/** Why an import is not allowed, or undefined if it is. */
function forbidden({ from, specifier, isType }: Import): string | undefined {
  const part = partOf(from);
  const message = `${from} imports ${specifier}`;
  if (!specifier.startsWith('.')) {
    const isOfProcesses = packagesOfProcesses.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    return withoutNode.includes(part) && (isBuiltin(specifier) || isOfProcesses) ? message : undefined;
  }
  const target = nameOf(normalize(join(dirname(from), specifier)));
  if (mayImportAll.includes(part) || partOf(target) === part) return undefined;
  const ofTypes = isType ? (mayImportTypes[part] ?? []) : [];
  const wanted = [...(mayImport[part] ?? []), ...(mayImportMore[from] ?? []), ...ofTypes];
  return wanted.includes(partOf(target)) || wanted.includes(target) ? undefined : message;
}

/** Every way of naming another module. A regular expression does: the source is formatted, and read by compilers besides. */
function importsOf(from: string, code: string): Import[] {
  const text = code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = /^\s*(?:import|export)\s+(?<what>[^'"();]*?\sfrom\s+)?['"](?<specifier>[^'"]+)['"]/gm;
  const calls = /(?<type>=\s*)?(?<!\.)\b(?:import|require)\(\s*['"](?<specifier>[^'"]+)['"]\s*\)(?<member>\.[A-Z])?/g;
  return [
    ...[...text.matchAll(statements)].map(({ groups = {} }) => ({
      from,
      specifier: groups.specifier ?? '',
      isType: isTypesOnly(groups.what ?? ''),
    })),
    ...[...text.matchAll(calls)].map(({ groups = {} }) => ({
      from,
      specifier: groups.specifier ?? '',
      // `import('x').Name` without an await before it is a type.
      isType: groups.member !== undefined,
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

function sourceFiles(): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[cm]?tsx?$/.test(file))
    .map((file) => relative(src, join(src, file)));
}

/** The path below src without its extension. */
function nameOf(path: string): string {
  return path.replaceAll('\\', '/').replace(/\.[cm]?[jt]sx?$/, '');
}

/** The folder below src, or the file that lies in src itself. */
function partOf(name: string): string {
  return name.split('/')[0] ?? name;
}
