/** Addresses of the router, the same in every lab; the VPC's own come from the template. */
export const ADDRESS = {
  /** Next hop of every machine; also what the lab's own questions to machines come from. */
  hop: '169.254.0.1',
  /** Instance metadata, where AWS has it. */
  metadata: '169.254.169.254',
  /** The VPC's resolver, at the address it has in every VPC. */
  resolver: '169.254.169.253',
  /** Stands for all public endpoints of AWS: a documentation address, so that no VPC holds it. */
  gateway: '198.51.100.1',
} as const;
