import { MOTO_PACKAGES } from './aws/moto/packages';
import { Images, type ImageSpec } from './host/images';
import { layout } from './host/layout';
import { NODE_PACKAGES } from './host/node-packages';
import { hostSystem } from './host/system';

/** What the lab boots its machines from, and what its borrowed AWS services run in. */
export const NODE_IMAGE: ImageSpec = { name: 'node', packages: NODE_PACKAGES };
export const MOTO_IMAGE: ImageSpec = { name: 'moto', packages: MOTO_PACKAGES };

export function baseImages(): Images {
  return new Images(layout().imageDirectory, hostSystem().debianCodename);
}

/** Run by itself it makes what is missing and prints where the node image is: tests need it before any lab is up. */
async function main(): Promise<void> {
  const images = baseImages();
  const [node] = await Promise.all([NODE_IMAGE, MOTO_IMAGE].map((spec) => images.ensure(spec, () => undefined)));
  process.stdout.write(`${node ?? ''}\n`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
}
