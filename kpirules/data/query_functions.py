"""The functions that a `query` may call: those that work on their arguments alone, and give the same in every run.

Left out are functions that read the clock, chance, settings or the system (`now`, `random`, `current_setting`,
`getvariable`, `pg_…`), run SQL (`json_execute_…`), or guess (`approx_…`, `reservoir_quantile`), and those that DuckDB
keeps for itself (`__internal…`). A test holds the list to what DuckDB says of each.
"""

from __future__ import annotations

from typing import Any

FUNCTIONS = frozenset(
    """
    + - * / // % ** ^ & | ~ << >> @ && !~~ !~~* !__postfix ~~ ~~* ~~~ || -> ->> @> <@ <-> <=> ^@
    = != < <= > >= abs add acos acosh asin asinh atan atan2 atanh bin bit_count cbrt ceil ceiling cos cosh cot degrees
    divide even exp factorial fdiv floor fmod gamma gcd greatest greatest_common_divisor hex isfinite isinf isnan lcm
    least least_common_multiple lgamma ln log log10 log2 mod multiply nextafter pi pow power radians round round_even
    roundbankers sign signbit sin sinh sqrt subtract tan tanh to_base to_binary to_hex trunc unbin unhex xor

    array_extract ascii bar base64 bit_length char_length character_length chr concat concat_ws contains
    damerau_levenshtein decode editdist3 encode ends_with format format_bytes formatReadableDecimalSize
    formatReadableSize from_base64 from_binary from_hex hamming ilike_escape instr jaccard jaro_similarity
    jaro_winkler_similarity lcase left left_grapheme len length length_grapheme levenshtein like_escape lower lpad
    ltrim md5 md5_number mismatches nfc_normalize not_ilike_escape not_like_escape octet_length ord overlay
    parse_dirname parse_dirpath parse_filename parse_path position prefix printf regexp_escape regexp_extract
    regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array repeat replace reverse
    right right_grapheme rpad rtrim sha1 sha256 split split_part starts_with str_split str_split_regex string_split
    string_split_regex string_to_array strip_accents strlen strpos substr substring substring_grapheme suffix to_base64
    translate trim ucase unicode upper url_decode url_encode

    century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth
    dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us era hour isodow isoyear julian last_day
    make_date make_time make_timestamp make_timestamp_ms make_timestamp_ns microsecond millennium millisecond minute
    month monthname nanosecond quarter second strftime strptime time_bucket timezone timezone_hour timezone_minute
    to_centuries to_days to_decades to_hours to_microseconds to_millennia to_milliseconds to_minutes to_months
    to_quarters to_seconds to_timestamp to_weeks to_years try_strptime week weekday weekofyear year yearweek

    aggregate apply array_aggr array_aggregate array_append array_apply array_cat array_concat array_contains
    array_distinct array_filter array_has array_has_all array_has_any array_indexof array_intersect array_length
    array_pop_back array_pop_front array_position array_prepend array_push_back array_push_front array_reduce
    array_resize array_reverse array_reverse_sort array_select array_slice array_sort array_to_json array_to_string
    array_transform array_unique array_value array_where array_zip cardinality element_at filter flatten
    generate_series generate_subscripts grade_up list_aggr list_aggregate list_append list_apply list_avg list_bool_and
    list_bool_or list_cat list_concat list_contains list_count list_distinct list_element list_extract list_filter
    list_first list_grade_up list_has list_has_all list_has_any list_indexof list_intersect list_last list_max
    list_median list_min list_mode list_pack list_position list_prepend list_product list_reduce list_resize
    list_reverse list_reverse_sort list_select list_slice list_sort list_string_agg list_sum list_transform list_unique
    list_value list_where list_zip map map_concat map_contains map_contains_entry map_contains_value map_entries
    map_extract map_extract_value map_from_entries map_keys map_values range reduce row struct_concat struct_contains
    struct_extract struct_extract_at struct_has struct_indexof struct_insert struct_keys struct_pack struct_position
    struct_update struct_values union_extract union_tag union_value unnest unpivot_list

    from_json from_json_strict json json_array json_array_length json_contains json_exists json_extract
    json_extract_path json_extract_path_text json_extract_string json_group_array json_group_object
    json_group_structure json_keys json_merge_patch json_object json_quote json_structure json_transform
    json_transform_strict json_type json_valid json_value row_to_json to_json

    any_value arbitrary arg_max arg_max_null arg_min arg_min_null argmax argmin array_agg avg bit_and bit_or bit_xor
    bool_and bool_or corr count count_if count_star countif covar_pop covar_samp entropy favg first fsum geomean
    geometric_mean group_concat histogram histogram_exact kahan_sum kurtosis kurtosis_pop last list listagg mad max
    max_by mean median min min_by mode product quantile quantile_cont quantile_disc regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy sem skewness stddev stddev_pop stddev_samp string_agg
    sum sum_no_overflow sumkahan var_pop var_samp variance wavg weighted_avg

    cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank row_number

    alias constant_or_null coalesce enum_code enum_first enum_last enum_range enum_range_boundary equi_width_bins if
    ifnull is_histogram_other_bin nullif pg_typeof switch typeof
    """.casefold().split()
)
"""Their names in lower case; operators are functions too."""

CLOCK = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
"""Names that DuckDB reads as the current date or time where no column has them."""

_DRIFTING = """
    age ago approx_count_distinct approx_quantile approx_top_k current_localtime current_localtimestamp
    gen_random_uuid get_current_time get_current_timestamp now random reservoir_quantile setseed
    today transaction_timestamp txid_current uuid uuidv4 uuidv7
"""
DRIFTING = CLOCK | {*_DRIFTING.split()}
"""Functions whose result is another in another run."""

SAMPLE = "sample"
"""What stands for a sample of rows among the functions."""


def foreign_calls(tree: object) -> list[str]:
    """The functions in a parsed statement that are not among `FUNCTIONS`, each once, in their order in its text.

    Functions that give tables are left out.
    """
    calls: dict[str, int] = {}
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left += node
        elif isinstance(node, dict):
            name, start = _foreign(node), int(node.get("query_location", 0))
            if name is not None:
                calls[name] = min(start, calls.get(name, start))
            table = node["function"] if node.get("type") == "TABLE_FUNCTION" else None
            left += (value for value in node.values() if value is not table)
            left += table.get("arguments", []) if table else []
    return sorted(calls, key=calls.__getitem__)


def _foreign(node: dict[str, Any]) -> str | None:
    """The name of a function that is not known to depend on its arguments alone, None for any other part."""
    if node.get("function_name"):
        name = str(node["function_name"])
        return name if name.casefold() not in FUNCTIONS else None
    columns: list[str] = node.get("column_names") or []
    if len(columns) == 1 and columns[0].casefold() in CLOCK:
        return columns[0]
    return SAMPLE if node.get("sample") else None
