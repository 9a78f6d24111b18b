import { createWriteStream } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  CreateBucketCommand,
  PutObjectCommand,
  type BucketLocationConstraint,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ZipFile } from 'yazl';
import type { FileAsset } from './assembly';

/** As the CDK CLI packs: the same directory always gives the same bytes. */
const ZIP_TIME = new Date(Date.UTC(1980, 0, 1));

/** Uploads the assembly's files as `cdk deploy` would; directories as zip archives. */
export async function publishAssets(
  assets: readonly FileAsset[],
  s3: S3Client,
  region: BucketLocationConstraint,
  workDirectory: string,
  resolveName: (name: string) => string,
): Promise<void> {
  const named = assets.map((asset) => ({ ...asset, bucketName: resolveName(asset.bucketName) }));
  for (const bucket of new Set(named.map(({ bucketName }) => bucketName))) {
    await ensureBucket(s3, bucket, region);
  }
  for (const { path, packaging, bucketName, objectKey } of named) {
    const file = packaging === 'zip' ? join(workDirectory, `${objectKey.replaceAll('/', '-')}.part`) : path;
    if (packaging === 'zip') await zipDirectory(path, file);
    await s3.send(new PutObjectCommand({ Bucket: bucketName, Key: objectKey, Body: await readFile(file) }));
    if (packaging === 'zip') await rm(file);
  }
}

async function ensureBucket(s3: S3Client, bucket: string, region: BucketLocationConstraint): Promise<void> {
  const command = new CreateBucketCommand({
    Bucket: bucket,
    CreateBucketConfiguration: { LocationConstraint: region },
  });
  try {
    await s3.send(command);
  } catch (error) {
    // An earlier deploy has made it.
    if ((error as Error).name !== 'BucketAlreadyOwnedByYou') throw error;
  }
}

export async function zipDirectory(directory: string, target: string): Promise<void> {
  const zip = new ZipFile();
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    zip.addFile(file, relative(directory, file), { mtime: ZIP_TIME, mode: 0o100644 });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}
