import { Size, Token } from 'aws-cdk-lib';
import { NODE_TYPE_RULES, tieringByFamily } from './private/rules/node-types';
import { demand } from './private/rules/rule';

/**
 * What is known of a node type beside its name.
 */
export interface NodeTypeOptions {
  /**
   * Number of virtual CPUs.
   *
   * @default - unknown
   */
  readonly vCpus?: number;

  /**
   * Memory for data and buffers (the `maxmemory` of the node).
   *
   * @default - unknown
   */
  readonly memory?: Size;

  /**
   * Whether nodes of this type keep cold values on a local disk.
   *
   * The service demands data tiering on `r6gd` nodes and refuses it on all others.
   *
   * @default - true for `db.r6gd.*`, false for all others and for tokens
   */
  readonly dataTiering?: boolean;
}

/**
 * The compute and memory of one node.
 *
 * Figures: MemoryDB Developer Guide, "Supported node types" and "Node-type specific parameters".
 */
export class NodeType {
  /** `db.t4g.small`: 2 vCPU, 1.37 GiB. */
  public static readonly T4G_SMALL = NodeType.listed('db.t4g.small', 2, 1.37);
  /** `db.t4g.medium`: 2 vCPU, 3.09 GiB. */
  public static readonly T4G_MEDIUM = NodeType.listed('db.t4g.medium', 2, 3.09);

  /** `db.r6g.large`: 2 vCPU, 13.07 GiB. */
  public static readonly R6G_LARGE = NodeType.listed('db.r6g.large', 2, 13.07);
  /** `db.r6g.xlarge`: 4 vCPU, 26.32 GiB. */
  public static readonly R6G_XLARGE = NodeType.listed('db.r6g.xlarge', 4, 26.32);
  /** `db.r6g.2xlarge`: 8 vCPU, 52.82 GiB. */
  public static readonly R6G_2XLARGE = NodeType.listed('db.r6g.2xlarge', 8, 52.82);
  /** `db.r6g.4xlarge`: 16 vCPU, 105.81 GiB. */
  public static readonly R6G_4XLARGE = NodeType.listed('db.r6g.4xlarge', 16, 105.81);
  /** `db.r6g.8xlarge`: 32 vCPU, 209.55 GiB. */
  public static readonly R6G_8XLARGE = NodeType.listed('db.r6g.8xlarge', 32, 209.55);
  /** `db.r6g.12xlarge`: 48 vCPU, 317.77 GiB. */
  public static readonly R6G_12XLARGE = NodeType.listed('db.r6g.12xlarge', 48, 317.77);
  /** `db.r6g.16xlarge`: 64 vCPU, 419.10 GiB. */
  public static readonly R6G_16XLARGE = NodeType.listed('db.r6g.16xlarge', 64, 419.1);

  /** `db.r6gd.xlarge`: 4 vCPU, 26.32 GiB and a disk for cold values. */
  public static readonly R6GD_XLARGE = NodeType.listed('db.r6gd.xlarge', 4, 26.32);
  /** `db.r6gd.2xlarge`: 8 vCPU, 52.82 GiB and a disk for cold values. */
  public static readonly R6GD_2XLARGE = NodeType.listed('db.r6gd.2xlarge', 8, 52.82);
  /** `db.r6gd.4xlarge`: 16 vCPU, 105.81 GiB and a disk for cold values. */
  public static readonly R6GD_4XLARGE = NodeType.listed('db.r6gd.4xlarge', 16, 105.81);
  /** `db.r6gd.8xlarge`: 32 vCPU, 209.55 GiB and a disk for cold values. */
  public static readonly R6GD_8XLARGE = NodeType.listed('db.r6gd.8xlarge', 32, 209.55);

  /** `db.r7g.large`: 2 vCPU, 13.07 GiB. */
  public static readonly R7G_LARGE = NodeType.listed('db.r7g.large', 2, 13.07);
  /** `db.r7g.xlarge`: 4 vCPU, 26.32 GiB. */
  public static readonly R7G_XLARGE = NodeType.listed('db.r7g.xlarge', 4, 26.32);
  /** `db.r7g.2xlarge`: 8 vCPU, 52.82 GiB. */
  public static readonly R7G_2XLARGE = NodeType.listed('db.r7g.2xlarge', 8, 52.82);
  /** `db.r7g.4xlarge`: 16 vCPU, 105.81 GiB. */
  public static readonly R7G_4XLARGE = NodeType.listed('db.r7g.4xlarge', 16, 105.81);
  /** `db.r7g.8xlarge`: 32 vCPU, 209.55 GiB. */
  public static readonly R7G_8XLARGE = NodeType.listed('db.r7g.8xlarge', 32, 209.55);
  /** `db.r7g.12xlarge`: 48 vCPU, 317.77 GiB. */
  public static readonly R7G_12XLARGE = NodeType.listed('db.r7g.12xlarge', 48, 317.77);
  /** `db.r7g.16xlarge`: 64 vCPU, 419.10 GiB. */
  public static readonly R7G_16XLARGE = NodeType.listed('db.r7g.16xlarge', 64, 419.1);

  /**
   * A node type that this library does not list yet.
   *
   * @param name the name the service gives it, for example `db.r7g.large`
   * @throws when the name is not of the form `db.<family>.<size>` or contradicts `dataTiering`
   */
  public static of(name: string, options: NodeTypeOptions = {}): NodeType {
    return new NodeType(name, options);
  }

  private static listed(name: string, vCpus: number, gibibytes: number): NodeType {
    return new NodeType(name, { vCpus, memory: Size.mebibytes(Math.round(gibibytes * 1024)) });
  }

  /** The name the service gives it, for example `db.r7g.large`. */
  public readonly name: string;

  /** Number of virtual CPUs, when known. */
  public readonly vCpus?: number;

  /** Memory for data and buffers, when known. */
  public readonly memory?: Size;

  /** Whether nodes of this type keep cold values on a local disk. */
  public readonly dataTiering: boolean;

  private constructor(name: string, options: NodeTypeOptions) {
    this.name = name;
    this.vCpus = options.vCpus;
    this.memory = options.memory;
    if (Token.isUnresolved(name)) {
      this.dataTiering = options.dataTiering ?? false;
      return;
    }
    demand(NODE_TYPE_RULES, { name, dataTiering: options.dataTiering });
    this.dataTiering = options.dataTiering ?? tieringByFamily(name) ?? false;
  }

  /**
   * The name the service gives it.
   */
  public toString(): string {
    return this.name;
  }
}
