import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { PORT } from '../core/names';

/** Who may talk to whom. Rules name groups, never addresses, but for the way out to AWS and to Debian's mirrors. */
export class SecurityGroups extends Construct {
  /** The nodes. */
  public readonly nodes: SecurityGroup;
  public readonly healthChecker: SecurityGroup;
  /** Attached to an application, it lets the application connect. */
  public readonly client: SecurityGroup;

  public constructor(scope: Construct, id: string, vpc: IVpc) {
    super(scope, id);
    this.nodes = new SecurityGroup(this, 'Nodes', {
      vpc,
      description: 'Holdfast: database nodes',
      allowAllOutbound: false,
    });
    this.healthChecker = new SecurityGroup(this, 'HealthChecker', {
      vpc,
      description: 'Holdfast: health checker',
      allowAllOutbound: false,
    });
    this.client = new SecurityGroup(this, 'Client', {
      vpc,
      description: 'Holdfast: members may connect to the database',
    });

    this.nodes.connections.allowFrom(this.client, Port.tcp(PORT.client), 'applications');
    for (const [port, purpose] of [
      [PORT.peer, 'replication and probes'],
      [PORT.agent, 'status'],
    ] as const) {
      this.nodes.connections.allowInternally(Port.tcp(port), purpose);
      this.nodes.connections.allowFrom(this.healthChecker, Port.tcp(port), purpose);
    }
    this.nodes.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS and package mirrors');
    this.nodes.addEgressRule(Peer.anyIpv4(), Port.tcp(80), 'package mirrors (signed by Debian)');
    this.healthChecker.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS');
  }
}
