import { Token } from 'aws-cdk-lib';
import { ENGINE_RULES } from './private/rules/engines';
import { demand } from './private/rules/rule';

/**
 * What cannot be derived from an engine's name and version.
 */
export interface EngineVersionOptions {
  /**
   * Family of the parameter groups that work with this version, for example `memorydb_valkey7`.
   *
   * @default - `memorydb_`, the engine and its major version
   */
  readonly parameterGroupFamily?: string;
}

/**
 * Engine and version of a cluster.
 *
 * A version has a major and a minor number; patches are the service's affair and cannot be chosen.
 */
export class EngineVersion {
  /** Redis OSS 6.2: no IAM users, no key permissions by direction (`%R~`). */
  public static readonly REDIS_6_2 = EngineVersion.of('redis', '6.2');

  /** Redis OSS 7.0. */
  public static readonly REDIS_7_0 = EngineVersion.of('redis', '7.0');

  /** Redis OSS 7.1. */
  public static readonly REDIS_7_1 = EngineVersion.of('redis', '7.1');

  /** Valkey 7.2. */
  public static readonly VALKEY_7_2 = EngineVersion.of('valkey', '7.2');

  /** Valkey 7.3. */
  public static readonly VALKEY_7_3 = EngineVersion.of('valkey', '7.3');

  /**
   * An engine version that this library does not list yet.
   *
   * @param engine `valkey` or `redis`
   * @param version major and minor number, for example `7.3`
   * @throws when the engine is another one or the version is not of the form `major.minor`
   */
  public static of(engine: string, version: string, options: EngineVersionOptions = {}): EngineVersion {
    return new EngineVersion(engine, version, options);
  }

  /** The engine: `valkey` or `redis`. */
  public readonly engine: string;

  /** Major and minor number, for example `7.3`. */
  public readonly version: string;

  /** Family of the parameter groups that work with this version. */
  public readonly parameterGroupFamily: string;

  private constructor(engine: string, version: string, options: EngineVersionOptions) {
    demand(ENGINE_RULES, { engine, version, parameterGroupFamily: options.parameterGroupFamily });
    this.engine = engine;
    this.version = version;
    this.parameterGroupFamily = options.parameterGroupFamily ?? `memorydb_${engine}${version.split('.')[0]}`;
  }

  /**
   * Whether users can sign in with IAM: from Redis OSS 7.0 on and in every Valkey.
   *
   * True for a token, which cannot be checked.
   */
  public get supportsIamUsers(): boolean {
    return this.atLeast({ redis: [7, 0], valkey: [0, 0] });
  }

  /**
   * Whether users can have keys that they may only read or only write, selectors and denied subcommands: from Redis OSS 7.0 on and in every Valkey.
   *
   * True for a token, which cannot be checked.
   */
  public get supportsKeyPermissions(): boolean {
    return this.atLeast({ redis: [7, 0], valkey: [0, 0] });
  }

  /**
   * Whether clusters can have vector search: from Redis OSS 7.1 and Valkey 7.2 on.
   *
   * True for a token, which cannot be checked.
   */
  public get supportsVectorSearch(): boolean {
    return this.atLeast({ redis: [7, 1], valkey: [7, 2] });
  }

  /**
   * Whether clusters can be members of a multi-Region cluster: from Valkey 7.3 on.
   *
   * True for a token, which cannot be checked.
   */
  public get supportsMultiRegion(): boolean {
    return this.atLeast({ redis: [Infinity, 0], valkey: [7, 3] });
  }

  /**
   * The engine and its version as text, for example `valkey 7.3`.
   */
  public toString(): string {
    return `${this.engine} ${this.version}`;
  }

  private atLeast(firstVersions: Record<string, [major: number, minor: number]>): boolean {
    if (Token.isUnresolved(this.engine) || Token.isUnresolved(this.version)) {
      return true;
    }
    const [firstMajor, firstMinor] = firstVersions[this.engine] ?? [0, 0];
    const [major, minor] = this.version.split('.').map(Number);
    return major > firstMajor || (major === firstMajor && minor >= firstMinor);
  }
}
