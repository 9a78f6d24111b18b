/** yazl ships no types; these are the members that the lab uses. */
declare module 'yazl' {
  export class ZipFile {
    readonly outputStream: NodeJS.ReadableStream;
    addFile(path: string, metadataPath: string, options: { readonly mtime: Date; readonly mode: number }): void;
    end(): void;
  }
}
