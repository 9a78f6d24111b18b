import { describe, expect, test } from '@jest/globals';
import { RemovalPolicy } from 'aws-cdk-lib';
import { clusterTemplate, plainTemplate, resource, resources } from './support';

describe('the private zone', () => {
  test("has the cluster's name and is seen from the cluster's VPC only", () => {
    expect(resource(plainTemplate(), 'AWS::Route53::HostedZone', /Endpoints/).Properties).toEqual({
      Name: 'test-db.holdfast.internal.',
      VPCs: [{ VPCId: { Ref: expect.stringMatching(/^Vpc/) }, VPCRegion: { Ref: 'AWS::Region' } }],
    });
  });

  test('has every name before the first node is there, so that nobody remembers "no such name"', () => {
    const records = Object.values(resources(plainTemplate(), 'AWS::Route53::RecordSet')).map(
      ({ Properties }) => Properties,
    );
    expect(records.map(({ Name }) => Name).sort()).toEqual([
      'a.test-db.holdfast.internal.',
      'b.test-db.holdfast.internal.',
      'c.test-db.holdfast.internal.',
      'd.test-db.holdfast.internal.',
      'e.test-db.holdfast.internal.',
      'reader.test-db.holdfast.internal.',
      'writer.test-db.holdfast.internal.',
    ]);
    for (const record of records) {
      expect(record).toMatchObject({ Type: 'A', TTL: '1', ResourceRecords: ['192.0.2.1'] });
    }
  });

  test('has the same names for any number of slots: one that is taken away may come back', () => {
    const records = (slots: number) => resources(clusterTemplate({ slots }), 'AWS::Route53::RecordSet');
    expect(records(1)).toEqual(records(3));
  });

  test.each([undefined, RemovalPolicy.DESTROY])(
    'is retained, its records too: with records in it, it can not be deleted (%s)',
    (removalPolicy) => {
      const template = clusterTemplate(removalPolicy === undefined ? {} : { removalPolicy });
      const kept = [
        ...Object.values(resources(template, 'AWS::Route53::HostedZone')),
        ...Object.values(resources(template, 'AWS::Route53::RecordSet')),
      ];
      expect(kept).toHaveLength(8);
      for (const one of kept) {
        expect(one).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      }
    },
  );

  test('can have another name', () => {
    const template = clusterTemplate({ zoneName: 'db.example.com' });
    expect(resource(template, 'AWS::Route53::HostedZone', /Endpoints/).Properties['Name']).toBe('db.example.com.');
  });
});
