//! Questions about tables of flows.

use pyo3::prelude::*;

use super::Engine;
use crate::columns::flow_table::FlowTable;
use crate::columns::{self, Batch};
use crate::question;

#[pymethods]
impl Engine {
    /// The verdict on each flow of a table, `True` where it may pass, in the order of its rows.
    ///
    /// `flows` is an Arrow table of any library (anything with `__arrow_c_stream__` or
    /// `__arrow_c_array__`: pyarrow, polars, pandas, DuckDB), or a mapping of column names to NumPy
    /// arrays, Arrow arrays, or single values that all rows have. Its columns:
    ///
    /// ```text
    /// source, destination    IPv4 addresses as unsigned integers, addresses as 4 or 16 bytes or as text,
    ///                        endpoints as text
    /// port                   numbers; or text: numbers, and names of ports of the destination
    /// protocol               numbers, or names; TCP when the column is not there
    /// icmp_type, icmp_code   numbers; not known when the columns are not there
    /// fragment, via_service  truth values; false when the columns are not there
    /// ```
    ///
    /// `columns` says what the table calls them: `{"source": "srcaddr"}`. Protocols without ports need
    /// no port. `direction` asks one side alone.
    ///
    /// A row that means no flow (no port, an unknown endpoint, addresses of two families) raises
    /// `RowError` with its number; with `invalid="mask"` it is masked, and the result is a masked array
    /// whose data say `False` there.
    ///
    /// The interpreter's lock is released meanwhile. Large tables are shared out among `threads`, by
    /// default one for each processor that the process may use. NumPy arrays are copied first.
    ///
    /// >>> import numpy as np
    /// >>> engine = netpol.load("netpol-core/examples/shop")
    /// >>> engine.decide_batch({
    /// ...     "source": np.array(["shop/api", "shop/web"]),
    /// ...     "destination": "shop/db",
    /// ...     "port": 5432,
    /// ... })
    /// array([ True, False])
    #[pyo3(signature = (flows, /, *, columns=None, direction=None, invalid="raise", threads=None))]
    fn decide_batch<'py>(
        &self,
        py: Python<'py>,
        flows: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyAny>>,
        direction: Option<&Bound<'py, PyAny>>,
        invalid: &str,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let batch = Batch::new(&self.engine, flows, columns, Some(invalid), threads)?;
        let direction = direction.map(question::direction).transpose()?;
        columns::decide(py, &batch, direction)
    }

    /// The same verdicts with what they rest on, as a table with a column for each of these, in this
    /// order; `select` takes some of them.
    ///
    /// ```text
    /// verdict                 may it pass?
    /// source, destination     the endpoint at that end, where it is one: `shop/web`
    /// direction               the direction that decides: the first on the way that denies; when both
    ///                         allow, the last one in which a policy does
    /// reason, tier, policy, rule, peer, port
    ///                         what the verdict of that direction rests on, as `attribute` tells it
    /// egress_verdict, egress_reason, egress_tier, egress_policy, egress_rule, egress_peer, egress_port
    /// ingress_verdict, …      the same of each direction
    /// ```
    ///
    /// Texts are dictionary-encoded. The table is any library's: `pyarrow.table(table)`,
    /// `polars.DataFrame(table)`. With `invalid="mask"` the rows that mean no flow have nulls.
    #[pyo3(signature = (flows, /, *, columns=None, select=None, invalid="raise", threads=None))]
    fn attribute_batch(
        &self,
        flows: &Bound<'_, PyAny>,
        columns: Option<&Bound<'_, PyAny>>,
        select: Option<Vec<String>>,
        invalid: &str,
        threads: Option<usize>,
    ) -> PyResult<FlowTable> {
        let batch = Batch::new(&self.engine, flows, columns, Some(invalid), threads)?;
        columns::attribute(flows.py(), &batch, select.as_deref())
    }
}
