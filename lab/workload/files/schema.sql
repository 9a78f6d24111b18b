-- The workload's own schema, made anew for each run. Nothing else in the database is touched.
set client_min_messages = warning;

begin;

drop schema if exists holdfast_workload cascade;
create schema holdfast_workload;

-- Append-only: every writer counts upwards and never tries a number twice, so each row stands for exactly one attempt.
create table holdfast_workload.inserted (
  writer text not null,
  n bigint not null,
  primary key (writer, n)
);

-- Single values, overwritten all along. Every value is written at most once, so a read tells which write it saw.
create table holdfast_workload.register (
  key text primary key,
  value text not null
) with (fillfactor = 50);

insert into holdfast_workload.register (key, value) values ('x', ''), ('y', '');

commit;
