import re

import pytest

from catguard.enforcement.sqltext import read_text, shown


@pytest.mark.parametrize(
    ("sql", "operation"),
    [
        ("select * from pictures", "SELECT"),
        ("  /* why */ -- and how\n Select 1", "SELECT"),
        ("insert into pictures values (1)", "INSERT"),
        ("WITH few AS (SELECT id FROM pictures) SELECT * FROM few", "SELECT"),
        ("with gone as (delete from pictures returning id) select * from gone", "DELETE"),
        ("with gone as (delete from a returning id) insert into b select * from gone", "DELETE and INSERT"),
        ("select * into copies from pictures", "SELECT INTO"),
        ("select 'delete', \"update\" from pictures where x = 'it''s (delete'", "SELECT"),
        ("select (delete_count) from pictures", "SELECT"),
        ("CREATE TABLE pictures (id int)", "CREATE"),
        ("PRAGMA main.table_info(pictures)", "PRAGMA"),
        ("", ""),
        ("-- only a comment", ""),
    ],
)
def test_operation_is_what_the_statement_does(sql: str, operation: str) -> None:
    assert read_text(sql).operation == operation


@pytest.mark.parametrize(
    ("sql", "several"),
    [
        ("select 1", False),
        ("select 1;  -- the end", False),
        ("select ';' ; ", False),
        ("select 1; drop table pictures", True),
        ("select 1 as a$x$; drop table pictures; select 2 as a$x$", True),
        ("select E'it\\'s'; drop table pictures", True),
        ("create table a (id int); drop table b", True),
        ("create function f() returns int as $body$ begin; return 1; end $body$ language plpgsql", False),
        ("create trigger t after insert on a begin delete from b; delete from c; end", False),
    ],
)
def test_several_statements_are_told(sql: str, several: bool) -> None:
    assert read_text(sql).several is several


@pytest.mark.parametrize(
    ("sql", "control"),
    [
        ("BEGIN IMMEDIATE", True),
        ("commit", True),
        ("ROLLBACK TO SAVEPOINT sa_savepoint_1", True),
        ("start transaction", True),
        ("PREPARE TRANSACTION 'x'", True),
        ("PREPARE q AS DELETE FROM pictures", False),
        ("commit; drop table pictures", False),
        ("select 1", False),
    ],
)
def test_control_is_only_of_transactions(sql: str, control: bool) -> None:
    assert read_text(sql).control is control


def test_shown_text_has_placeholders_and_no_literals() -> None:
    sql = "select a1 from t where b = 'secret' and c = 42 and d = %(d_1)s and e = $1 and f = :f /* x */ and g=?"
    assert shown(sql) == "select a1 from t where b = ? and c = ? and d = %(d_1)s and e = $1 and f = :f   and g=?"


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t where b = 'secret",
        "select a from t where b = 'it\\'secret' and c = 1",
        "select a from t where b = 'it\\' and c = 'secret'",
        'select a from t where b = "secret" and c = 1',
        'select a from t where b = "secret',
        "select a from t where b = $tag$ secret",
        "select a from t where b = 1 /* secret",
        "select a from t where b = E'it\\'secret",
    ],
)
def test_shown_text_ends_where_a_literal_may_not(sql: str) -> None:
    assert "secret" not in shown(sql, written=True)
    assert re.match(r"select a from t where b = E?\?", shown(sql, written=True))


def test_shown_text_is_bounded() -> None:
    assert len(shown("select " + "a, " * 10_000)) == 2_000
