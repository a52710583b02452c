-- The same assessment as scheme.kpi, as a careful engineer writes it by hand for DuckDB: exact, checked, explained.
-- `{folder}` has the tables, read in place where `{kind}` is VIEW, held in memory where it is TABLE.

CREATE {kind} staff AS
    SELECT staff_id, role, region, base_pay::DECIMAL(8, 2) AS base_pay FROM '{folder}/staff.parquet';
CREATE {kind} targets AS
    SELECT staff_id, quarter, revenue::DECIMAL(10, 2) AS revenue, customers::INTEGER AS customers, units::INTEGER AS units
    FROM '{folder}/targets.parquet';
CREATE {kind} orders AS
    SELECT order_id, staff_id, day, status, segment, is_new, qty::SMALLINT AS qty, amount::DECIMAL(16, 2) AS amount,
           cost::DECIMAL(16, 2) AS cost, discount::DECIMAL(9, 2) AS discount, rating::DECIMAL(4, 1) AS rating
    FROM '{folder}/orders.parquet';

-- Checks: keys, references, domains, bounds, what must be there. One row of counts for each table, all of them 0.
CREATE TEMP TABLE faults AS
SELECT
    'staff' AS name,
    count(*) - count(DISTINCT staff_id) AS keys,
    count(*) FILTER (staff_id IS NULL OR role IS NULL OR region IS NULL OR base_pay IS NULL) AS missing,
    count(*) FILTER (role NOT IN ('AE', 'KA') OR base_pay NOT BETWEEN 0 AND 100000) AS outside,
    0 AS lost
FROM staff
UNION ALL
SELECT
    'targets',
    count(*) - count(DISTINCT (staff_id, quarter)),
    count(*) FILTER (staff_id IS NULL OR quarter IS NULL OR revenue IS NULL OR customers IS NULL OR units IS NULL),
    count(*) FILTER (
        revenue NOT BETWEEN 0 AND 10000000 OR customers NOT BETWEEN 0 AND 100 OR units NOT BETWEEN 0 AND 100000
        OR quarter <> date_trunc('quarter', quarter)
    ),
    count(*) FILTER (staff_id NOT IN (SELECT staff_id FROM staff))
FROM targets
UNION ALL
SELECT
    'orders',
    count(*) - count(DISTINCT order_id),
    count(*) FILTER (
        order_id IS NULL OR staff_id IS NULL OR day IS NULL OR status IS NULL OR segment IS NULL OR is_new IS NULL
        OR qty IS NULL OR amount IS NULL OR cost IS NULL OR discount IS NULL
    ),
    count(*) FILTER (
        status NOT IN ('won', 'lost', 'returned') OR segment NOT IN ('strategic', 'core', 'small')
        OR qty NOT BETWEEN 0 AND 1000 OR discount NOT BETWEEN 0 AND 1000000 OR rating NOT BETWEEN 0 AND 100
    ),
    count(*) FILTER (staff_id NOT IN (SELECT staff_id FROM staff))
FROM orders;
