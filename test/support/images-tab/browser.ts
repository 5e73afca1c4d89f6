import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright-core';
import { definite } from '../../../shared/core/errors.ts';
import { startServer } from '../http-server.ts';
import type { Answer } from '../http-server.ts';
import { TOKEN, devopsDouble } from './devops-double.ts';
import type { DevopsDouble } from './devops-double.ts';
import { LIGHT } from './themes.ts';
import type { Theme } from './themes.ts';

/** How a tab is opened. */
export interface TabOptions {
  readonly documents?: readonly unknown[];
  /** The theme of the page around the tab; null: it gives none. */
  readonly theme?: Theme | null;
  /** What the browser prefers. */
  readonly colorScheme?: 'light' | 'dark';
  /** `completed` unless told otherwise. */
  readonly status?: string | number;
  /** Attributes of the frame. */
  readonly frame?: Readonly<Record<string, string>>;
  readonly hasRun?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Done to the service before the page opens. */
  readonly prepare?: (devops: DevopsDouble) => void;
  /** Whether the test moves the clock of the page. */
  readonly stopsClock?: boolean;
}

/** A tab in a page in a browser. */
export interface OpenTab {
  readonly page: Page;
  readonly tab: FrameLocator;
  readonly devops: DevopsDouble;
  /** Addresses of all requests that the browser made. */
  readonly requests: readonly string[];
  /** What the browser complained about. */
  readonly complaints: readonly string[];
  /** Origins of the tab and of the service with the page. */
  readonly origins: readonly string[];
  changeBuild(status: string | number): Promise<void>;
  changeTheme(theme: Theme): Promise<void>;
  close(): Promise<void>;
}

/** A browser for tabs of one built extension. */
export interface TabBrowser {
  open(options?: TabOptions): Promise<OpenTab>;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

const PAGE = '<!doctype html><meta charset="utf-8"><title>Run</title>';
const STYLE =
  '<style>html,body{margin:0;height:100%}iframe{display:block;width:100%;height:100%;border:0}</style>';

/** Starts Chromium, which must be installed; `folder` holds the built tab. */
export async function startTabBrowser(folder: string): Promise<TabBrowser> {
  const script = await hostScript();
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--font-render-hinting=none'],
  });
  return {
    open: (options = {}) => openTab({ browser, folder, script }, options),
    close: () => browser.close(),
  };
}

interface Parts {
  readonly browser: Browser;
  readonly folder: string;
  readonly script: string;
}

async function openTab(parts: Parts, options: TabOptions): Promise<OpenTab> {
  const { status = 'completed', theme = LIGHT, frame = {}, hasRun = true } = options;
  const devops = devopsDouble(options.documents ?? []);
  options.prepare?.(devops);
  const files = await startServer(({ url }, response) => {
    void serveFile(join(parts.folder, url), response);
  });
  const buildOf = (word: string | number): object => ({
    ...{ id: 42, status: word, project: { id: 'project' } },
  });
  const host = await startServer((request, response) => {
    if (request.url.startsWith('/contoso/')) devops.handle(request, response);
    else if (request.url === '/host.js') send(response, '.js', parts.script);
    else if (request.url === '/host.json') send(response, '.json', JSON.stringify(settings));
    else send(response, '.html', `${PAGE}${STYLE}<script type="module" src="/host.js"></script>`);
  });
  const origins = [`http://${files.host}`, `http://${host.host}`];
  const settings = {
    ...{ tab: `http://${files.host}/index.html`, collection: `http://${host.host}/contoso/` },
    ...{ token: TOKEN, theme, frame, hasRun, build: buildOf(status) },
  };
  const context = await newContext(parts.browser, options);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  if (options.stopsClock === true) await page.clock.install();
  await page.goto(`http://${host.host}/`);
  const call = async (name: string, argument: unknown): Promise<void> => {
    await page.evaluate(`window.host.${name}(${JSON.stringify(argument)})`);
  };
  return {
    ...{ page, devops, requests, complaints, origins },
    tab: page.frameLocator('iframe'),
    changeBuild: (word) => call('changeBuild', buildOf(word)),
    changeTheme: (next) => call('changeTheme', next),
    async close() {
      await context.close();
      await Promise.all([files.close(), host.close()]);
    },
  };
}

async function newContext(
  browser: Browser,
  { colorScheme = 'light', viewport = { width: 1366, height: 768 } }: TabOptions,
): Promise<BrowserContext> {
  return browser.newContext({
    ...{ colorScheme, viewport, reducedMotion: 'reduce' },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
}

async function hostScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page/host.ts', import.meta.url))],
    ...{ bundle: true, platform: 'browser', format: 'esm', write: false, logLevel: 'warning' },
  });
  return definite(outputFiles[0], 'the script of the page').text;
}

type Response = Parameters<Answer>[1];

async function serveFile(path: string, response: Response): Promise<void> {
  try {
    send(response, extname(path), await readFile(path));
  } catch {
    response.writeHead(404).end();
  }
}

function send(response: Response, extension: string, body: string | Uint8Array): void {
  response.writeHead(200, { 'Content-Type': TYPES[extension] ?? 'application/json' }).end(body);
}
