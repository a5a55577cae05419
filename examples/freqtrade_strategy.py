"""A freqtrade strategy under the guard: what it trades is an illustration, how it asks is not.

Put it into `user_data/strategies` with `posture_guard.py` and, for Kafka, `posture_kafka.py`. Into freqtrade's
configuration: `"cascade": {"kafka": "localhost:19092"}` or `"cascade": {"file": "/var/lib/cascade/posture.json"}`.
"""

from pathlib import Path
from typing import Any, ClassVar

from freqtrade.strategy import IStrategy  # type: ignore[import-not-found]
from posture_guard import Guard, Guarded, read_file  # type: ignore[import-not-found]


class CascadeGuardedStrategy(Guarded, IStrategy):  # type: ignore[misc]
    """Buys above the mean of a day, sells below it."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 288
    minimal_roi: ClassVar[dict[str, float]] = {"0": 0.05}
    stoploss = -0.05
    order_types: ClassVar[dict[str, Any]] = {
        "entry": "limit",
        "exit": "limit",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    def bot_start(self, **kwargs: Any) -> None:
        """Begin to listen; without a source nothing is opened."""
        if self.config["runmode"].value not in ("live", "dry_run"):
            self.guard = None
            return
        where = self.config.get("cascade", {})
        if "file" in where:
            self.guard = Guard(read_file(Path(where["file"])))
        elif "kafka" in where:
            from posture_kafka import KafkaSource  # type: ignore[import-not-found]  # noqa: PLC0415 - for Kafka alone

            self.guard = Guard(KafkaSource(where["kafka"], where.get("prefix", "")).start().view)

    def populate_indicators(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """The mean of a day."""
        dataframe["mean"] = dataframe["close"].rolling(288).mean()
        return dataframe

    def populate_entry_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """Above it."""
        dataframe.loc[dataframe["close"] > dataframe["mean"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """Below it."""
        dataframe.loc[dataframe["close"] < dataframe["mean"], "exit_long"] = 1
        return dataframe
