//! CIFT's core for Python. A coat: it holds engine types, turns bytes into batches and errors into
//! exceptions, and lets the interpreter go on while a batch is worked on.

mod error;
mod fast_market_data;
mod frames;
mod gateway;
mod market_data;
mod order_book;
mod queries;
mod records;
mod reference_batch;
mod risk_engine;
mod risk_queries;
mod risk_rows;
mod stages;

use pyo3::prelude::*;

/// The core of CIFT Markets.
#[pymodule]
fn cift_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    error::register(module)?;
    module.add_class::<stages::RiskStage>()?;
    module.add_class::<stages::MatchingStage>()?;
    module.add_class::<stages::Replayer>()?;
    module.add_class::<frames::Header>()?;
    module.add_class::<gateway::Gateway>()?;
    module.add_class::<gateway::Submitted>()?;
    module.add_class::<gateway::Frozen>()?;
    module.add_class::<gateway::Applied>()?;
    module.add_class::<gateway::InstrumentInfo>()?;
    module.add_class::<market_data::MarketDataFeed>()?;
    module.add_class::<market_data::FeedUpdate>()?;
    module.add_class::<risk_rows::PositionRow>()?;
    module.add_class::<risk_rows::ExposureRow>()?;
    module.add_class::<risk_rows::ProfitAndLossRow>()?;
    module.add_class::<risk_rows::LimitsRow>()?;
    module.add_class::<order_book::FastOrderBook>()?;
    module.add_class::<order_book::OpenOrder>()?;
    module.add_class::<records::Event>()?;
    module.add_class::<risk_engine::FastRiskEngine>()?;
    module.add_class::<risk_engine::RiskVerdict>()?;
    module.add_class::<risk_engine::RiskCheck>()?;
    module.add_class::<risk_engine::RiskDryRun>()?;
    module.add_function(wrap_pyfunction!(risk_engine::fast_order_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(risk_engine::fast_verdict_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(risk_engine::fast_trade_dtype, module)?)?;
    module.add_class::<fast_market_data::FastMarketData>()?;
    module.add_function(wrap_pyfunction!(records::command_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(records::terms_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(records::event_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(records::request_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(records::answer_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(records::deal_dtype, module)?)?;
    module.add_function(wrap_pyfunction!(reference_batch::encode_reference, module)?)?;
    module.add_function(wrap_pyfunction!(risk_queries::reject_text, module)?)?;
    module.add_function(wrap_pyfunction!(risk_queries::risk_reasons, module)?)?;
    module.add_function(wrap_pyfunction!(frames::header, module)?)?;
    module.add_function(wrap_pyfunction!(frames::digest, module)?)
}
