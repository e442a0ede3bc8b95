import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

const read = (file: string) => readFileSync(file, 'utf8'); // Mocha runs in the project's folder
const matches = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map(([, found = '']) => found)),
];

describe('the files of a deployment', () => {
  const operations = read('docs/operations.md');
  const alerts = read('deploy/prometheus/alerts.yaml');

  it('use only series that docs/operations.md describes', () => {
    const series = /\b((?:customer_journey|temporal|process|nodejs)_\w+)\b/g;
    for (const file of ['deploy/prometheus/alerts.yaml', 'deploy/grafana/dashboard.json']) {
      const used = matches(read(file), series).map((name) => name.replace(/_(?:bucket|count)$/, ''));
      assert.deepEqual(
        used.filter((name) => !operations.includes(name) && !/^(?:process|nodejs)_/.test(name)),
        [],
        file,
      );
    }
  });

  it('have a test and an instruction for each alert', () => {
    const names = matches(alerts, /alert: (\w+)/g);
    const tests = read('deploy/prometheus/alerts.test.yaml');

    assert.ok(names.length > 10);
    assert.deepEqual(matches(operations, /^\| `(\w+)`, (?:page|ticket)/gm), names);
    for (const name of names) {
      assert.match(tests, new RegExp(`name: ${name} fires\\n`));
      assert.match(tests, new RegExp(`name: ${name} does not fire\\n`));
    }
  });

  it('copy files into the image that exist, and name the version of the package', () => {
    const sources = matches(read('deploy/Dockerfile'), /^COPY (?!--from)(.*) \S+$/gm).flatMap((files) =>
      files.split(' '),
    );

    assert.ok(sources.length > 5);
    assert.deepEqual(
      sources.filter((file) => !existsSync(file)),
      [],
    );
    assert.deepEqual(matches(read('deploy/kubernetes/kustomization.yaml'), /newTag: (\S+) /g), [
      JSON.parse(read('package.json')).version,
    ]);
  });
});
