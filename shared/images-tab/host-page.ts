import * as sdk from 'azure-devops-extension-sdk';

/** The run that the page shows. */
export interface ShownRun {
  readonly id: number;
  /** Absent where the page does not tell. */
  readonly project: string | undefined;
  readonly isFinished: boolean;
}

/** The page of Azure DevOps around the tab. */
export interface HostPage {
  /** The organization, or the collection of a server, with a final slash: `https://dev.azure.com/contoso/`. */
  readonly collection: string;
  /** The project that the page is in. */
  readonly project: string;
  readonly accessToken: () => Promise<string>;
  /** Calls back with the run, at once and whenever it changes; false when the page does not offer it. */
  watchRun(shown: (run: ShownRun) => void): boolean;
  /** Ends the page's own loading animation. */
  ready(): Promise<void>;
}

interface LocationService {
  /** Without arguments: the collection that the page belongs to. */
  getServiceLocation(): Promise<string>;
}

/** What the page tells of a build; numbers and words are both in use. */
interface HostBuild {
  readonly id: number;
  readonly status?: number | string;
  readonly project?: { readonly id?: string };
}

/** `BuildStatus.Completed` as a number and as a word. */
const COMPLETED: readonly unknown[] = [2, 'completed'];

/** Shakes hands with the page; the theme is applied by the SDK, as variables of CSS. */
export async function openHostPage(): Promise<HostPage> {
  await sdk.init({ loaded: false, applyTheme: true });
  const locations = await sdk.getService<LocationService>('ms.vss-features.location-service');
  const collection = await locations.getServiceLocation();
  return {
    collection: collection.endsWith('/') ? collection : `${collection}/`,
    project: sdk.getWebContext().project.id,
    accessToken: () => sdk.getAccessToken(),
    watchRun(shown) {
      const { onBuildChanged } = sdk.getConfiguration() as {
        readonly onBuildChanged?: (changed: (build: HostBuild) => void) => void;
      };
      onBuildChanged?.(({ id, status, project }) => {
        shown({ id, project: project?.id, isFinished: COMPLETED.includes(status) });
      });
      return onBuildChanged !== undefined;
    },
    ready: () => sdk.notifyLoadSucceeded(),
  };
}
