import type { ChainableCommander, Command, Redis } from 'ioredis';
import { pipelineInternals } from './internals';
import { isRejected } from './malformed';
import { tell } from './pipeline-guard';

type Exec = ChainableCommander['exec'];

/** Why a list of commands must not be sent, if so. */
type Refusal = (commands: readonly Command[]) => Error | undefined;

/** Has pipelines of one connection refused, before anything of them is sent. */
export function refusePipelines(connection: Redis, refusal: Refusal): void {
  for (const name of ['pipeline', 'multi'] as const) {
    const make = connection[name] as (...args: unknown[]) => ChainableCommander;
    Object.assign(connection, {
      [name]: (...args: unknown[]) => {
        const made = make.apply(connection, args);
        // With `{ pipeline: false }`, it is the reply to MULTI.
        return '_queue' in made ? refusing(made, name, refusal) : made;
      },
    });
  }
}

function refusing(pipeline: ChainableCommander, name: 'pipeline' | 'multi', refusal: Refusal): ChainableCommander {
  const { exec } = pipeline as { exec: Exec };
  const internals = pipelineInternals(pipeline);
  pipeline.exec = (callback?: Parameters<Exec>[0]) => {
    // Inside a pipeline, the first EXEC ends the transaction, not the pipeline.
    const isEnd = name === 'multi' || internals._transactions === 0;
    const error = isEnd ? refusal(internals._queue) : undefined;
    if (!error) {
      return exec.call(pipeline, callback);
    }
    internals._queue.filter((command) => !isRejected(command)).forEach((command) => command.reject(error));
    return tell(Promise.reject(error), callback);
  };
  return pipeline;
}
