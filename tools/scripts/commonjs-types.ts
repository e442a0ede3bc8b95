import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMain } from '../../src/runtime/program.js';

/**
 * Copies a build's declarations to `lib/commonjs-types`, whose package.json marks them as CommonJS. Node lets CommonJS
 * programs `require` ES modules, but TypeScript with `module: node16` rejects declarations of ES modules there.
 */
export async function writeCommonJsTypes(lib: string): Promise<void> {
  const declarations = (await readdir(lib, { recursive: true })).filter((path) => path.endsWith('.d.ts'));
  const folder = join(lib, 'commonjs-types');
  for (const path of declarations) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(join(lib, path), join(folder, path));
  }
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}\n');
}

if (isMain(import.meta.url)) await writeCommonJsTypes('lib');
