/** Instance profiles: the one role behind each. */
export class InstanceProfileStore {
  private readonly profiles = new Map<string, { readonly arn: string; readonly roleName: string }>();

  create(name: string, arn: string, roleName: string): void {
    this.profiles.set(name, { arn, roleName });
  }

  remove(name: string): void {
    this.profiles.delete(name);
  }

  /** By name or ARN. */
  get(nameOrArn: string): { readonly arn: string; readonly roleName: string } {
    const found =
      this.profiles.get(nameOrArn) ?? [...this.profiles.values()].find((profile) => profile.arn === nameOrArn);
    if (found === undefined) throw new Error(`no instance profile is named ${nameOrArn}`);
    return found;
  }
}
