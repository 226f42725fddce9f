"""Terms of texts, whoever asks for them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from resources.knowledge_base import analysis


def test_threads_share_no_stemmer_and_stem_alike() -> None:
    together = Barrier(4)

    def asked(_: int) -> tuple[int, list[str]]:
        together.wait(10)
        found = id(analysis._stemmer()), analysis.analyse("The connections were terminated")
        together.wait(10)
        return found

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(asked, range(4)))
    assert len({stemmer for stemmer, _ in found}) == 4
    assert {tuple(terms) for _, terms in found} == {("connect", "termin")}
