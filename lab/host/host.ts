import { mkdir } from 'node:fs/promises';
import type { Host } from '../ports';
import { ADDRESS } from './addresses';
import { Cgroups } from './cgroups';
import { LabDns } from './dns';
import type { Layout } from './layout';
import { LabMachines } from './machines';
import { LabNetwork } from './network';
import { makeTls, makeTrustLayer, type LabTls } from './tls';
import { LabVolumes } from './volumes';

/** The host with what only the lab's own command line needs. */
export interface LabHost extends Host {
  readonly layout: Layout;
  readonly machines: LabMachines;
  readonly network: LabNetwork;
  readonly volumes: LabVolumes;
  readonly dns: LabDns;
  readonly tls: LabTls;
  readonly cgroups: Cgroups;
  /** Layers, topmost first, of a tree that is a machine without its boot. */
  readonly layers: readonly string[];
}

/**
 * Makes this process the lab's router and carrier. It must run in a network namespace of its own; whoever started it
 * removes everything afterwards (lab/host/cleanup.ts), also when it died. `region`: whose AWS names the gateway's
 * certificate has.
 */
export async function openHost(
  lab: Layout,
  nodeImage: string,
  log: (line: string) => void,
  region = 'eu-west-1',
): Promise<LabHost> {
  for (const each of [lab.machines, lab.places, lab.volumes, lab.logs]) await mkdir(each, { recursive: true });
  const tls = await makeTls(lab, region);
  await makeTrustLayer(lab, nodeImage, tls.caFile);
  const layers = [lab.runLayer, nodeImage];
  const cgroups = new Cgroups(lab.name);
  const network = await LabNetwork.open(lab);
  const dns = await LabDns.open();
  const volumes: LabVolumes = new LabVolumes(lab, (machineId) => machines.state(machineId)?.leaderPid, log);
  const machines: LabMachines = new LabMachines(lab, layers, network, cgroups, volumes, log);
  return {
    layout: lab,
    machines,
    network,
    volumes,
    dns,
    tls,
    cgroups,
    layers,
    gatewayAddress: ADDRESS.gateway,
    stateDirectory: lab.stateDirectory,
  };
}
