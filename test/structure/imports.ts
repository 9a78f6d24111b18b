import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import * as ts from 'typescript';

export const ROOT = resolve(__dirname, '../..');

/** One import, export-from, `import()`, `import x = require()` or `require()`, types included. */
export interface Import {
  /** File that imports, relative to the root. */
  readonly from: string;
  /** As it stands in the file. */
  readonly specifier: string;
  /** File or folder that is imported, relative to the root; absent for a package. */
  readonly to?: string;
  /** Package, e.g. `@aws-sdk/client-ec2` or `node:fs`; absent for a file. */
  readonly package?: string;
}

const IGNORED = new Set(['node_modules', 'coverage', 'dist']);

/** Every TypeScript file below a folder, relative to the root, in order. */
export function typeScriptFiles(folder = ROOT): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      if (entry.name.startsWith('.') || entry.name.startsWith('cdk.out') || IGNORED.has(entry.name)) {
        return [];
      }
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return typeScriptFiles(path);
      }
      return /\.[cm]?tsx?$/.test(entry.name) ? [relative(ROOT, path)] : [];
    })
    .sort();
}

/** The imports of a file whose path is relative to the root. */
export function importsOf(file: string, text = readFileSync(join(ROOT, file), 'utf8')): readonly Import[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const specifiers: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) {
      specifiers.push(specifier.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return specifiers.map((specifier) => located(file, specifier));
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier;
  }
  if (ts.isExternalModuleReference(node)) {
    return node.expression;
  }
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  }
  if (ts.isCallExpression(node)) {
    const { expression } = node;
    const isRequire = ts.isIdentifier(expression) && expression.text === 'require';
    const isJest =
      ts.isPropertyAccessExpression(expression) && ['requireActual', 'mock', 'resolve'].includes(expression.name.text);
    return expression.kind === ts.SyntaxKind.ImportKeyword || isRequire || isJest ? node.arguments[0] : undefined;
  }
  return undefined;
}

function located(from: string, specifier: string): Import {
  if (specifier.startsWith('.') || specifier.startsWith('/')) {
    return { from, specifier, to: relative(ROOT, resolve(ROOT, dirname(from), specifier)) };
  }
  const parts = specifier.split('/');
  return { from, specifier, package: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') };
}

/** The first folder of a path, or nothing for a file at the root. */
export function topFolder(path: string): string | undefined {
  const [first, ...rest] = path.split(sep);
  const isFolder = statSync(join(ROOT, first ?? ''), { throwIfNoEntry: false })?.isDirectory() ?? false;
  return rest.length > 0 || isFolder ? first : undefined;
}
