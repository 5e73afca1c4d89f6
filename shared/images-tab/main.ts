import { loadReports } from './attachments.ts';
import type { Loading } from './attachments.ts';
import { devopsRest } from './devops-rest.ts';
import { byId } from './dom.ts';
import { openHostPage } from './host-page.ts';
import type { HostPage, ShownRun } from './host-page.ts';
import { lockDown } from './lock-down.ts';
import { mergeReports } from './release.ts';
import { loadingSentence } from './sentences.ts';
import { followTheme } from './theme.ts';
import { ReleaseView } from './view.ts';

/** How often a run that is going is asked for what its tasks have told since. */
const REFRESH_MS = 30_000;

async function showRelease(): Promise<void> {
  followTheme();
  const page = await openHostPage();
  lockDown(page.collection);
  let run: ShownRun | undefined;
  const loader = new Loader(page);
  const refresh = (): void => {
    if (run !== undefined) void loader.load(run, view);
  };
  const view = new ReleaseView(refresh);
  const isTold = page.watchRun((shown) => {
    run = shown;
    refresh();
  });
  if (!isTold) view.tell('This page does not tell which run it shows.', { keepsRelease: false });
  setInterval(() => {
    if (run?.isFinished === false && !document.hidden) refresh();
  }, REFRESH_MS);
  await page.ready();
}

/** Loads one run at a time: of two loads the later counts. */
class Loader {
  readonly #page: HostPage;
  #running: AbortController | undefined;
  #hasRelease = false;

  constructor(page: HostPage) {
    this.#page = page;
  }

  async load(run: ShownRun, view: ReleaseView): Promise<void> {
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    const loading = await this.#read(run, controller.signal);
    if (controller.signal.aborted) return;
    const hasReports = loading.kind === 'loaded' && loading.reports.length > 0;
    if (hasReports) view.show(mergeReports(loading.reports));
    this.#hasRelease ||= hasReports;
    view.tell(loadingSentence(loading, run.isFinished), { keepsRelease: this.#hasRelease });
  }

  async #read(
    { id, project = this.#page.project }: ShownRun,
    signal: AbortSignal,
  ): Promise<Loading> {
    const { collection, accessToken } = this.#page;
    try {
      return await loadReports({ collection, project, build: id }, devopsRest(accessToken), signal);
    } catch (error) {
      return { kind: 'failed', message: error instanceof Error ? error.message : '' };
    }
  }
}

showRelease().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  byId('status').textContent = `The tab could not start. ${reason}`;
});
