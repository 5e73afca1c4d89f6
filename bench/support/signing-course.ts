import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimit } from '../../shared/core/concurrency.ts';
import { prettyJson } from '../../shared/core/json.ts';
import { documentOf } from '../../shared/oci/manifest-document.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import { EMPTY_CONFIG, EMPTY_CONFIG_BYTES } from '../../shared/oci/signature-manifest.ts';
import { makeChain } from '../../test/support/certificates.ts';
import { benchClient } from './copy-by-tag.ts';
import { measureProcess } from './measure.ts';
import { runTaskProcess } from './task-process.ts';

/** A release of how many manifests is signed where. */
export interface SigningSize {
  readonly url: string;
  readonly digests: number;
  readonly repositories: number;
}

/** A release in a registry, ready to be signed; both ways take whole processes, in milliseconds. */
export interface SigningCourse {
  readonly signWithTask: (host: string) => Promise<number>;
  /** One process of the CLI after the other, as scripts do it. */
  readonly signWithNotation: (host: string) => Promise<number>;
  /** The closing line of the task. */
  readonly summary: () => string;
}

interface Image {
  readonly repo: string;
  readonly digest: string;
}

/** The CLI of the reference implementation. */
const NOTATION = 'notation';

/** Pushes a release and lays out key, certificates and image-info below a folder. */
export async function prepareSigning(folder: string, size: SigningSize): Promise<SigningCourse> {
  const images = await pushImages(size);
  const { leafKeyPem, chainPem } = makeChain();
  const notation = join(folder, 'notation');
  await mkdir(notation, { recursive: true });
  const [key, chain] = [join(folder, 'key.pem'), join(folder, 'chain.pem')];
  await writeFile(key, leafKeyPem);
  await writeFile(chain, chainPem);
  await writeFile(join(folder, 'image-info.json'), prettyJson(imageInfoOf(images)));
  const keys = { default: 'b', keys: [{ name: 'b', keyPath: key, certPath: chain }] };
  await writeFile(join(notation, 'signingkeys.json'), JSON.stringify(keys));
  let last = '';
  return {
    summary: () => /message\]?(Signed .*)|(Signed \d+ digests.*)/.exec(last)?.[0] ?? '',
    async signWithTask(host) {
      const folders = { workspace: folder, folder, temp: join(folder, 'temp') };
      const { ms, stdout } = await runTaskProcess('SignImageInfo', inputsFor(host), folders);
      last = stdout;
      if (!stdout.includes('result=Succeeded')) throw new Error(stdout.slice(-2000));
      return ms;
    },
    async signWithNotation(host) {
      const env = { PATH: process.env['PATH'], HOME: folder, XDG_CONFIG_HOME: folder };
      let total = 0;
      for (const { repo, digest } of images) {
        const options = ['sign', '--insecure-registry', '--signature-format', 'cose'];
        const args = [...options, `${host}/${repo}@${digest}`];
        total += (await measureProcess({ file: NOTATION, args }, env)).ms;
      }
      return total;
    },
  };
}

function inputsFor(registry: string): Readonly<Record<string, string>> {
  return {
    imageInfo: 'image-info.json',
    registry,
    signer: 'certificate',
    privateKey: 'key.pem',
    certificateChain: 'chain.pem',
  };
}

/** Manifests as small as they can be: what counts is how many there are. */
async function pushImages({ url, digests, repositories }: SigningSize): Promise<readonly Image[]> {
  const client = benchClient();
  const { signal } = new AbortController();
  const { host: registry } = new URL(url);
  try {
    return await mapLimit(
      [...new Array<undefined>(digests).keys()],
      async (index) => {
        const repo = `bench/app-${index % repositories}`;
        const repository = { registry, name: repo };
        const manifest = documentOf(
          Buffer.from(
            JSON.stringify({
              schemaVersion: 2,
              mediaType: MediaType.ociManifest,
              config: EMPTY_CONFIG,
              layers: [EMPTY_CONFIG],
              annotations: { index: String(index) },
            }),
          ),
          MediaType.ociManifest,
        );
        const config = { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES };
        await client.putBlob(repository, config, signal);
        await client.putManifest(repository, { manifest }, signal);
        return { repo, digest: manifest.descriptor.digest };
      },
      { limit: 8, signal },
    );
  } finally {
    await client.close();
  }
}

function imageInfoOf(images: readonly Image[]): object {
  const repos = [...new Set(images.map(({ repo }) => repo))].map((repo) => ({
    repo,
    images: images
      .filter((image) => image.repo === repo)
      .map(({ digest }, index) => ({
        platforms: [
          {
            dockerfile: `src/${index}/Dockerfile`,
            simpleTags: [`${index}`],
            digest: `bench.example/${repo}@${digest}`,
            osType: 'Linux',
            osVersion: 'noble',
            architecture: 'amd64',
            created: '2026-01-02T03:04:05Z',
            commitUrl: '',
            layers: [],
          },
        ],
      })),
  }));
  return { schemaVersion: '2.0', repos };
}
