import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, mkdtemp, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TaskError } from '../../core/errors.ts';
import { redactUrl } from '../../core/text.ts';
import type { DownloadedPlugin } from '../../ports/signer-settings.ts';
import { runFolders } from '../agent-inputs.ts';
import type * as toolLib from '../tool.chunk.ts';

type ToolLib = typeof toolLib;

/** A plugin on this machine. */
export interface PluginFile {
  readonly path: string;
  /** The name in its file name `notation-{name}`. */
  readonly name: string;
}

/** Plugins are named so by the protocol; on Windows with `.exe`. */
const PLUGIN_FILE = /^notation-([A-Za-z0-9][\w.-]*?)(?:\.exe)?$/;

/** The tool cache has versions, downloads have checksums: the checksum is part of the name. */
const CACHE_VERSION = '1.0.0';

/** The name under which a download lies in the cache. */
const CACHED_FILE = 'download';

/** As much as the notation CLI takes. */
const MAX_BYTES = 256 * 1024 * 1024;

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZIP = Buffer.from('PK\u0003\u0004', 'latin1');

/**
 * A plugin at a path.
 *
 * @throws TaskError `FILE_NOT_FOUND` or `PLUGIN_INVALID`
 */
export async function localPlugin(path: string): Promise<PluginFile> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) {
    throw new TaskError('FILE_NOT_FOUND', `There is no plugin ${path}.`, {
      hint: 'Check pluginPath, and that an earlier step installed the plugin.',
    });
  }
  const name = nameOf(path);
  if (stats.isFile() && name !== undefined) return { path, name };
  throw new TaskError('PLUGIN_INVALID', `${path} is not a plugin file named notation-{name}.`, {
    hint: 'Give the path of the program itself, not of a link or a folder.',
  });
}

/**
 * A plugin from a URL: downloaded once for an agent, and compared with its checksum every time before anything of it is
 * unpacked or run.
 *
 * @throws TaskError `DOWNLOAD_FAILED`, `DIGEST_MISMATCH` or `PLUGIN_INVALID`
 */
export async function downloadedPlugin(download: DownloadedPlugin): Promise<PluginFile> {
  const tool = await import('../tool.chunk.ts');
  const file = await fetchOnce(download, tool);
  const { temp } = runFolders();
  await mkdir(temp, { recursive: true });
  // Empty: unpacking over what an earlier step of the job unpacked keeps that, or waits for an answer.
  const folder = await mkdtemp(join(temp, 'notation-plugin-'));
  const found = await unpack(file, folder, { tool, url: download.url });
  await chmod(found.path, 0o755);
  return found;
}

/** The download from the cache, else from its URL; in both cases it has the checksum. */
async function fetchOnce({ url, sha256 }: DownloadedPlugin, tool: ToolLib): Promise<string> {
  const key = `notation-plugin-${sha256}`;
  const cached = cachedFile(key, tool);
  if (cached !== undefined && (await hashOf(cached)) === sha256) return cached;
  const downloaded = await download(url, tool);
  const actual = await hashOf(downloaded);
  if (actual === sha256)
    return join(await tool.cacheFile(downloaded, CACHED_FILE, key, CACHE_VERSION), CACHED_FILE);
  throw new TaskError(
    'DIGEST_MISMATCH',
    `${redactUrl(url.href)} has the SHA-256 ${actual ?? 'of nothing'}, not ${sha256}.`,
    { hint: 'Check pluginUrl and pluginChecksum; nothing of the download was run.' },
  );
}

/** Where the cache has a download; tool-lib's types do not say that it may have none. */
function cachedFile(key: string, tool: ToolLib): string | undefined {
  const folders: readonly (string | undefined)[] = [tool.findLocalTool(key, CACHE_VERSION)];
  return folders.flatMap((folder) =>
    folder === undefined || folder === '' ? [] : [join(folder, CACHED_FILE)],
  )[0];
}

async function download(url: URL, tool: ToolLib): Promise<string> {
  try {
    return await tool.downloadToolWithRetries(url.href);
  } catch (error) {
    const reason = error instanceof Error ? `: ${error.message}` : '';
    throw new TaskError(
      'DOWNLOAD_FAILED',
      `${redactUrl(url.href)} cannot be downloaded${reason}.`,
      {
        hint: 'Check pluginUrl, and that the agent may reach it; on agents without a way out give pluginPath.',
        cause: error,
      },
    );
  }
}

/** SHA-256 in lower-case hex; absent when there is no such file or it is too large to be a plugin. */
async function hashOf(path: string): Promise<string | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isFile() !== true || stats.size > MAX_BYTES) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function unpack(
  file: string,
  folder: string,
  { tool, url }: { readonly tool: ToolLib; readonly url: URL },
): Promise<PluginFile> {
  const start = await firstBytes(file);
  if (start.subarray(0, GZIP.length).equals(GZIP))
    return onlyPlugin(await tool.extractTar(file, folder));
  if (start.equals(ZIP)) return onlyPlugin(await tool.extractZip(file, folder));
  const path = join(folder, basename(url.pathname));
  if (nameOf(path) === undefined) {
    throw new TaskError(
      'PLUGIN_INVALID',
      `${redactUrl(url.href)} is no tar.gz, no zip and no file named notation-{name}.`,
      { hint: 'Give the URL of a release of the plugin for this machine.' },
    );
  }
  await copyFile(file, path);
  return localPlugin(path);
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(ZIP.length), 0, ZIP.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function onlyPlugin(folder: string): Promise<PluginFile> {
  const names = await readdir(folder, { recursive: true });
  const found = names.filter((name) => nameOf(name) !== undefined);
  const [only] = found;
  if (only !== undefined && found.length === 1) return localPlugin(join(folder, only));
  throw new TaskError(
    'PLUGIN_INVALID',
    `The download has ${found.length} files named notation-{name}; a plugin has one.`,
    { hint: 'Give the URL of a release of one plugin.' },
  );
}

function nameOf(path: string): string | undefined {
  return PLUGIN_FILE.exec(basename(path))?.[1];
}
