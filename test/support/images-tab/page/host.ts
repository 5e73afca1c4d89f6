import { channelManager } from '../../../../node_modules/azure-devops-extension-sdk/esm/XDM.js';

/** What the page of a test is told; `/host.json` of its server. */
interface HostSettings {
  /** The page of the tab, of another origin than this page, as in Azure DevOps. */
  readonly tab: string;
  readonly collection: string;
  readonly token: string;
  readonly theme: Readonly<Record<string, string>> | null;
  readonly build: unknown;
  /** Attributes of the frame, such as `sandbox`. */
  readonly frame: Readonly<Record<string, string>>;
  /** Whether the page tells which run it shows. */
  readonly hasRun: boolean;
}

/** What a test does to the page. */
interface HostControls {
  changeBuild(build: unknown): Promise<void>;
  changeTheme(theme: Readonly<Record<string, string>>): Promise<void>;
  isLoaded: boolean;
}

type BuildHandler = (build: unknown) => Promise<void>;

/** Plays the page of a run: the SDK's own channel, with the objects that Azure DevOps registers on it. */
async function startHost(): Promise<void> {
  const response = await fetch('/host.json');
  const settings = (await response.json()) as HostSettings;
  const frame = document.createElement('iframe');
  frame.title = 'Images';
  for (const [name, value] of Object.entries(settings.frame)) frame.setAttribute(name, value);
  document.body.append(frame);
  if (frame.contentWindow === null) return;
  const channel = channelManager.addChannel(frame.contentWindow, new URL(settings.tab).origin);
  const handlers: BuildHandler[] = [];
  const controls: HostControls = {
    isLoaded: false,
    async changeBuild(build) {
      await Promise.all(handlers.map(async (handler) => handler(build)));
    },
    async changeTheme(theme) {
      const event = ['themeChanged', { detail: { data: theme } }];
      await channel.invokeRemoteMethod('dispatchEvent', 'DevOps.SdkClient', event);
    },
  };
  const onBuildChanged = (handler: BuildHandler): void => {
    handlers.push(handler);
    void handler(settings.build);
  };
  channel.getObjectRegistry().register('DevOps.HostControl', {
    initialHandshake: () => ({
      contributionId: 'container-image-release.container-image-release.images-tab',
      context: {
        extension: { id: 'container-image-release.container-image-release' },
        user: { id: 'user', name: 'user@contoso.example' },
        host: { id: 'host', name: 'contoso', isHosted: true },
        pageContext: { webContext: { project: { id: 'project', name: 'Shop' } } },
      },
      initialConfig: settings.hasRun ? { onBuildChanged } : {},
      themeData: settings.theme,
    }),
    notifyLoadSucceeded: () => {
      controls.isLoaded = true;
    },
    getAccessToken: () => ({ token: settings.token }),
  });
  channel.getObjectRegistry().register('DevOps.ServiceManager', {
    getService: (id: string) =>
      id === 'ms.vss-features.location-service'
        ? { getServiceLocation: () => Promise.resolve(settings.collection) }
        : undefined,
  });
  Object.assign(window, { host: controls });
  frame.src = settings.tab;
}

void startHost();
