from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from steplint.model.place import Span
from steplint.read import positions
from steplint.read.deep import deeply
from steplint.read.positions import line_starts, locate

from .given import read

PACKAGES = ("click", "rich", "libcst", "msgspec", "hypothesis")

COMPARED = (
    *(cst.Call, cst.Arg, cst.Name, cst.Attribute, cst.Param, cst.Lambda, cst.Decorator, cst.ImportAlias),
    *(cst.SimpleString, cst.ConcatenatedString, cst.FormattedString, cst.NamedExpr, cst.IfExp, cst.BooleanOperation),
    *(cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp, cst.Tuple, cst.Subscript, cst.Comparison, cst.Await),
    *(cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.SimpleStatementLine, cst.WithItem),
    *(cst.Else, cst.ExceptHandler, cst.Finally, cst.MatchCase, cst.IndentedBlock, cst.SimpleStatementSuite),
)


def files() -> Iterator[Path]:
    """Yield every fifth module of each package: some 40,000 lines."""
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        for folder in spec.submodule_search_locations or ():
            yield from sorted(Path(folder).rglob("*.py"))[::5]


def as_span(where: CodeRange) -> Span:
    return Span(where.start.line, where.start.column, where.end.line, where.end.column)


def differences(source: str) -> list[tuple[str, Span, Span]]:
    module = cst.parse_module(source)
    own = locate(module, source)
    theirs = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    return [
        (type(node).__name__, own.span(node), as_span(where))
        for node, where in theirs.items()
        if isinstance(node, COMPARED) and own.span(node) != as_span(where)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_own_positions_equal_those_of_libcst_on_real_code(package: str) -> None:
    compared = [path for path in files() if package in path.parts]
    assert compared
    for path in compared:
        assert differences(path.read_text()) == [], path


TRICKY = '''\
@ a . b ( 1 )  # comment

async  def  f ( a , * , b = ( 1 , ) ) -> int :  # comment

    """Doc."""
    with ( open ( a ) as b , c ) :
        return ( ( f"{ a !r:>{b}}" "x"
            'y' ) ) ;

    try : pass
    except ( A , B ) as e : x = [ * y , ( z ) ]
    else : a = b = ( c := 1 )
    finally :

        # comment
        del a , ( b )
    match ( a ) :
        case [ 1 , * x ] if ( y ) : pass
        case _ : pass

class  C ( A , m = ( B ) ) : x : int = 1 ; y = lambda : ( 0 )
from a import ( b as c , d , )
from . import *
x = ( a if b else ( c and d ) ) [ 1 : 2 , ... ]
x = not ( await_ ) < ( - 1 )
'''


def test_own_positions_equal_those_of_libcst_on_unusual_layout() -> None:
    assert differences(TRICKY) == []


def test_another_codegen_of_libcst_costs_time_and_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = read(TRICKY)
    monkeypatch.setattr(positions, "CodegenState", None)
    assert read(TRICKY) == usual


def test_a_codegen_that_writes_something_else_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = read(TRICKY)
    original = cst.Module._codegen_impl

    def longer(self: cst.Module, state: object) -> None:
        state.add_token("  ")  # type: ignore[attr-defined]
        original(self, state)  # type: ignore[arg-type]

    recorded = positions._recorded

    def disturbed(module: cst.Module, text: str) -> object:
        with monkeypatch.context() as patch:
            patch.setattr(cst.Module, "_codegen_impl", longer)
            found = recorded(module, text)
        assert found is None
        return found

    monkeypatch.setattr(positions, "_recorded", disturbed)
    assert read(TRICKY) == usual


@pytest.mark.parametrize(
    ("text", "starts"),
    [("", [0]), ("a", [0]), ("a\n", [0, 2]), ("a\r\nb\n\nc", [0, 3, 5, 6]), ("a\x0c\x1c\u2028b\nc", [0, 6])],
)
def test_only_newlines_start_lines(text: str, starts: list[int]) -> None:
    assert line_starts(text) == starts


def test_deep_work_returns_its_result_and_its_error() -> None:
    assert deeply(lambda: deeply(lambda: 1)) == 1
    with pytest.raises(KeyError, match="x"):
        deeply(lambda: {"y": 1}["x"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert deeply(lambda: depth(50_000)) == 50_000


def depth(rest: int) -> int:
    return 1 + depth(rest - 1) if rest else 0
