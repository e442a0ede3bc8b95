import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a container of the last stage, or of a named one, would start. */
export interface Image {
  /** The folder that the container sees as `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/**
 * Carries out a Dockerfile without a container engine: each stage is a folder, `COPY` copies into it, and `RUN` runs in
 * its working directory on this machine. So it shows that the files suffice, not that the base image does.
 *
 * @param context the folder that `COPY` copies from
 * @param folder for the stages
 * @returns the stages by name; the last one has the name `image`
 */
export async function buildImage(
  dockerfile: string,
  context: string,
  folder: string,
  onStep: (step: string) => void,
): Promise<Map<string, Image>> {
  const stages = new Map<string, Image>();
  let name = '';
  let image: Image = { root: '', workdir: '/', env: {}, command: [] };
  let entrypoint: readonly string[] = [];
  for (const step of instructionsOf(await readFile(dockerfile, 'utf8'))) {
    const [, instruction = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(step) ?? [];
    const inside = (path: string) => join(image.root, resolve(image.workdir, path));
    switch (instruction) {
      case 'FROM': {
        name = / AS (\w+)$/i.exec(rest)?.[1] ?? 'image';
        image = { root: join(folder, name), workdir: '/', env: {}, command: [] };
        entrypoint = [];
        await mkdir(image.root, { recursive: true });
        onStep(`stage ${name}`);
        break;
      }
      case 'WORKDIR':
        image = { ...image, workdir: resolve(image.workdir, rest) };
        await mkdir(inside('.'), { recursive: true });
        break;
      case 'ENV':
        image = {
          ...image,
          env: { ...image.env, ...Object.fromEntries(rest.split(' ').map((pair) => pair.split('='))) },
        };
        break;
      case 'COPY': {
        const [, from, files = ''] = /^(?:--from=(\w+) )?(.*)$/.exec(rest) ?? [];
        const source = from === undefined ? context : (stages.get(from)?.root ?? '');
        const names = files.split(' ');
        const target = names.pop() ?? '';
        for (const file of names) {
          // Several files, or a target that ends with a slash, go into the folder; else the target is the new name.
          const isFolder = names.length > 1 || target.endsWith('/');
          const to = inside(isFolder ? join(target, file.split('/').at(-1) ?? '') : target);
          await mkdir(dirname(to), { recursive: true });
          await cp(join(source, file), to, {
            recursive: true,
            filter: (path) => !isIgnored(path.slice(source.length), from),
          });
        }
        break;
      }
      case 'RUN':
        onStep(rest.slice(0, 70));
        await run('sh', ['-ec', rest], { cwd: inside('.'), env: { ...process.env, ...image.env }, maxBuffer: 1e8 });
        break;
      case 'ENTRYPOINT':
        entrypoint = JSON.parse(rest);
        image = { ...image, command: entrypoint };
        break;
      case 'CMD':
        image = { ...image, command: [...entrypoint, ...JSON.parse(rest)] };
        break;
      case 'USER':
      case 'EXPOSE':
      case 'HEALTHCHECK':
        break;
      default:
        throw new Error(`${dockerfile}: ${instruction} is not known here`);
    }
    stages.set(name, image);
  }
  await chmod(folder, 0o755);
  return stages;
}

/** As .dockerignore says. A stage's own files are all copied. */
function isIgnored(path: string, from: string | undefined): boolean {
  return from === undefined && /\/(node_modules|lib|results)(\/|$)/.test(path);
}

function instructionsOf(text: string): string[] {
  return text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
