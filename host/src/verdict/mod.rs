//! Many verdicts become one ruling; the strictest wins. Pure.
