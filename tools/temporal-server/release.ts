import type { OnProgress } from './progress.js';

/** A release of the Temporal CLI, with the checksum of its program on each platform. */
export interface Release {
  readonly version: string;
  /** SHA-256 of the unpacked program, by `process.platform` and `process.arch`. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The release that embeds the server we test with: server 1.32.0, Web UI 2.54.1. */
export const pinnedRelease: Release = {
  version: '1.9.1',
  sha256: {
    'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
  },
};

export const platform = `${process.platform}-${process.arch}`;

/** The input of a download source. */
export interface Download {
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: OnProgress;
  readonly release: Release;
  /** An empty folder for this download, removed afterwards. */
  readonly folder: string;
}
