import type { NodeStatus } from '../core/status';
import { AgentClient, type AgentTarget } from './agents';
import type { Login, PostgresTarget } from './postgres-session';
import { knock, type Liveness, LivenessProbe, WriteProbe } from './postgres-probes';
import { TIMING } from './timing';

/** Everything that can be asked of one node. Each bounds its own time and keeps its own connection. */
export interface NodeProbes {
  status(): Promise<NodeStatus>;
  liveness(): Promise<Liveness>;
  knock(): Promise<void>;
  localWrite(): Promise<void>;
  synchronousWrite(): Promise<void>;
  /** Cuts the connections of both, whatever waits on them. */
  endWrites(): void;
  /** The hint to read the register now. */
  look(): Promise<void>;
  close(): void;
}

export interface CredentialsSource {
  get(): Promise<Login>;
  /** They were refused: read them anew the next time. */
  forget(): void;
}

/** Classes 28: invalid authorization. */
const REFUSED_LOGIN = /^28/;

export function probeNode(target: AgentTarget, credentials: CredentialsSource, onLost: () => void): NodeProbes {
  const agent = new AgentClient(target);
  const postgres = async (): Promise<PostgresTarget> => ({ ...target, ...(await credentials.get()) });
  const liveness = new LivenessProbe(postgres, onLost);
  const localWrite = new WriteProbe(postgres, 'local');
  const synchronousWrite = new WriteProbe(postgres, 'on');
  const endWrites = () => {
    localWrite.close();
    synchronousWrite.close();
  };
  return {
    status: () => agent.status(TIMING.statusTimeoutMs),
    liveness: async () => {
      const answer = await liveness.probe();
      if (REFUSED_LOGIN.test(answer.refusal ?? '')) credentials.forget();
      return answer;
    },
    knock: async () => knock(await postgres()),
    localWrite: () => localWrite.probe(),
    synchronousWrite: () => synchronousWrite.probe(),
    endWrites,
    look: () => agent.look(TIMING.hintTimeoutMs),
    close: () => {
      agent.close();
      liveness.close();
      endWrites();
    },
  };
}
