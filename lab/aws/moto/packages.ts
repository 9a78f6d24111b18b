/**
 * Debian packages (trixie) of the image in which moto runs. python3-moto alone starts, but some of its services then
 * fail to import; the rest of the list is what they need and Debian only suggests.
 */
export const MOTO_PACKAGES = [
  'python3-moto',
  'python3-flask',
  'python3-flask-cors',
  'python3-openapi-spec-validator',
  'python3-docker',
  'python3-graphql-core',
  'python3-pyparsing',
  'python3-joserfc',
  'python3-yaml',
  'python3-multipart',
] as const;
