-- The figures, marks and pay of every seller. Quotients are integer divisions of HUGEINT: no float anywhere.

-- n / d to the nearest whole number, half away from zero; missing where d is 0.
CREATE MACRO nearest(n, d) AS
    (2 * abs(n) + abs(d)) // nullif(2 * abs(d), 0) * CASE WHEN (n < 0) <> (d < 0) THEN -1 ELSE 1 END;
CREATE MACRO to_2(n, d) AS nearest(100::HUGEINT * n, d)::DECIMAL(38, 0) * '0.01'::DECIMAL(2, 2);
CREATE MACRO to_4(n, d) AS nearest(10000::HUGEINT * n, d)::DECIMAL(38, 0) * '0.0001'::DECIMAL(4, 4);
CREATE MACRO to_12(n, d) AS nearest(1000000000000::HUGEINT * n, d)::DECIMAL(38, 0) * '0.000000000001'::DECIMAL(12, 12);
CREATE MACRO cents(x) AS (x * 100)::HUGEINT;

-- What the orders of the quarter come to; money in cents.
CREATE TEMP TABLE sums AS
WITH by_seller AS (
    SELECT
        staff_id,
        count(*) AS lines,
        count(*) FILTER (status = 'won') AS won,
        count(*) FILTER (status = 'returned') AS returned,
        count(*) FILTER (status = 'won' AND is_new) AS new_customers,
        count(*) FILTER (status = 'won' AND amount >= 9000) AS big_wins,
        count(rating) AS ratings,
        sum(amount) AS amount,
        sum(amount) FILTER (status = 'won') AS revenue,
        sum(amount) FILTER (status = 'lost') AS lost,
        sum(amount) FILTER (status = 'won' AND segment = 'strategic') AS strategic,
        sum(amount - cost) FILTER (status = 'won') AS profit,
        sum(discount) FILTER (status = 'won') AS discount,
        sum(qty) FILTER (status = 'won') AS units,
        sum(rating) AS rating,
        max(amount) FILTER (status = 'won') AS largest
    FROM orders
    WHERE day BETWEEN DATE '2025-01-01' AND DATE '2025-03-31'
    GROUP BY staff_id
)
SELECT
    s.staff_id, s.role, s.base_pay,
    t.revenue AS target_revenue, t.customers AS target_customers, t.units AS target_units,
    coalesce(o.lines, 0)::HUGEINT AS lines, coalesce(o.won, 0)::HUGEINT AS won,
    coalesce(o.returned, 0)::HUGEINT AS returned, coalesce(o.new_customers, 0)::HUGEINT AS new_customers,
    coalesce(o.big_wins, 0) AS big_wins, coalesce(o.ratings, 0)::HUGEINT AS ratings, coalesce(o.units, 0) AS units,
    coalesce(o.revenue, 0) AS revenue_money,
    coalesce(cents(o.amount), 0) AS amount, coalesce(cents(o.revenue), 0) AS revenue, coalesce(cents(o.lost), 0) AS lost,
    coalesce(cents(o.strategic), 0) AS strategic, coalesce(cents(o.profit), 0) AS profit,
    coalesce(cents(o.discount), 0) AS discount, cents(o.largest) AS largest, coalesce((o.rating * 10)::HUGEINT, 0) AS rating
FROM staff s
LEFT JOIN targets t ON t.staff_id = s.staff_id AND t.quarter = DATE '2025-01-01'
LEFT JOIN by_seller o ON o.staff_id = s.staff_id;

-- Which row of each rule is taken.
CREATE TEMP TABLE rowed AS
WITH achieved AS (
    SELECT
        *,
        -- with these a comparison of quotients of revenue is one of products, whatever the sign of revenue
        sign(revenue) AS way,
        abs(revenue) AS size,
        to_4(revenue, nullif(cents(target_revenue), 0)) AS attainment,
        to_4(new_customers, nullif(target_customers, 0)) AS customers,
        to_4(units, nullif(target_units, 0)) AS unit_share
    FROM sums
)
SELECT
    *,
    CASE
        WHEN size = 0 THEN NULL
        WHEN way * profit * 100 >= size * 30 THEN '>= 30%'
        WHEN way * profit * 100 >= size * 25 THEN '>= 25%'
        WHEN way * profit * 100 >= size * 20 THEN '>= 20%'
        WHEN way * profit * 100 >= size * 15 THEN '>= 15%'
        ELSE 'else'
    END AS margin_row,
    CASE
        WHEN customers IS NULL THEN NULL
        WHEN customers >= 1.2 THEN '>= 120%' WHEN customers >= 1 THEN '>= 100%' WHEN customers >= 0.5 THEN '>= 50%'
        ELSE 'else'
    END AS customers_row,
    CASE
        WHEN lines = 0 THEN NULL
        WHEN won * 10 <= lines * 2 THEN '≤ 20%'
        WHEN won * 10 < lines * 4 THEN '20% … 40%'
        WHEN won * 10 < lines * 6 THEN '40% … 60%'
        ELSE '≥ 60%'
    END AS win_rate_row,
    CASE
        WHEN won = 0 THEN NULL
        WHEN revenue <= won * 100000 THEN '≤ 1_000'
        WHEN revenue < won * 400000 THEN '1_000 … 4_000'
        WHEN revenue < won * 600000 THEN '4_000 … 6_000'
        ELSE '≥ 6_000'
    END AS deal_size_row,
    CASE
        WHEN lines = 0 THEN NULL
        WHEN returned * 100 <= lines * 5 THEN '<= 5%'
        WHEN returned * 100 <= lines * 10 THEN '<= 10%'
        WHEN returned * 100 <= lines * 20 THEN '<= 20%'
        ELSE 'else'
    END AS returns_row,
    CASE
        WHEN size = 0 THEN NULL
        WHEN way * discount * 100 <= size * 3 THEN '<= 3%' WHEN way * discount * 100 <= size * 6 THEN '<= 6%'
        ELSE 'else'
    END AS discounts_row,
    CASE
        WHEN size = 0 THEN NULL
        WHEN way * strategic * 10 <= size * 1 THEN '≤ 10%'
        WHEN way * strategic * 10 < size * 3 THEN '10% … 30%'
        WHEN way * strategic * 10 < size * 5 THEN '30% … 50%'
        ELSE '≥ 50%'
    END AS strategic_row,
    CASE
        WHEN size = 0 OR largest IS NULL THEN NULL
        WHEN way * largest * 100 <= size * 10 THEN '<= 10%' WHEN way * largest * 100 <= size * 25 THEN '<= 25%'
        ELSE 'else'
    END AS largest_row,
    CASE
        WHEN ratings = 0 THEN NULL
        WHEN rating <= ratings * 600 THEN '≤ 60' WHEN rating < ratings * 800 THEN '60 … 80'
        WHEN rating < ratings * 950 THEN '80 … 95'
        ELSE '≥ 95'
    END AS satisfaction_row,
    CASE
        WHEN amount = 0 THEN NULL
        WHEN sign(amount) * lost * 100 <= abs(amount) * 20 THEN '<= 20%'
        WHEN sign(amount) * lost * 100 <= abs(amount) * 40 THEN '<= 40%'
        ELSE 'else'
    END AS lost_row,
    CASE
        WHEN revenue <= 5000000 THEN 'up to 50_000' WHEN revenue <= 12000000 THEN 'up to 120_000' ELSE 'above'
    END AS commission_row
FROM achieved;

-- The score of each indicator.
CREATE TEMP TABLE scored AS
SELECT
    *,
    CASE WHEN attainment IS NOT NULL THEN greatest(least(attainment * 100, 120), 0) END::DECIMAL(5, 2) AS attainment_score,
    coalesce(CASE margin_row
        WHEN '>= 30%' THEN 100 WHEN '>= 25%' THEN 90 WHEN '>= 20%' THEN 75 WHEN '>= 15%' THEN 60 WHEN 'else' THEN 30
    END, 0)::DECIMAL(5, 2) AS margin_score,
    CASE customers_row
        WHEN '>= 120%' THEN 120 WHEN '>= 100%' THEN 100 WHEN '>= 50%' THEN 60 WHEN 'else' THEN 0
    END::DECIMAL(5, 2) AS customers_score,
    CASE win_rate_row
        WHEN '≤ 20%' THEN 0 WHEN '20% … 40%' THEN to_2(300 * won - 60 * lines, lines)
        WHEN '40% … 60%' THEN to_2(200 * won - 20 * lines, lines) WHEN '≥ 60%' THEN 100
    END::DECIMAL(5, 2) AS win_rate_score,
    CASE deal_size_row
        WHEN '≤ 1_000' THEN 0 WHEN '1_000 … 4_000' THEN to_2(80 * (revenue - 100000 * won), 300000 * won)
        WHEN '4_000 … 6_000' THEN to_2(80 * 200000 * won + 20 * (revenue - 400000 * won), 200000 * won) WHEN '≥ 6_000' THEN 100
    END::DECIMAL(5, 2) AS deal_size_score,
    CASE returns_row WHEN '<= 5%' THEN 100 WHEN '<= 10%' THEN 80 WHEN '<= 20%' THEN 50 WHEN 'else' THEN 0 END::DECIMAL(5, 2)
        AS returns_score,
    CASE discounts_row WHEN '<= 3%' THEN 100 WHEN '<= 6%' THEN 70 WHEN 'else' THEN 40 END::DECIMAL(5, 2) AS discounts_score,
    coalesce(CASE strategic_row
        WHEN '≤ 10%' THEN 0 WHEN '10% … 30%' THEN to_2(350 * way * strategic - 35 * size, size)
        WHEN '30% … 50%' THEN to_2(150 * way * strategic + 25 * size, size) WHEN '≥ 50%' THEN 100
    END, 0)::DECIMAL(5, 2) AS strategic_score,
    CASE largest_row WHEN '<= 10%' THEN 100 WHEN '<= 25%' THEN 80 WHEN 'else' THEN 60 END::DECIMAL(5, 2) AS largest_score,
    CASE satisfaction_row
        WHEN '≤ 60' THEN 0 WHEN '60 … 80' THEN to_2(4 * (rating - 600 * ratings), 10 * ratings)
        WHEN '80 … 95' THEN to_2(80 * 150 * ratings + 20 * (rating - 800 * ratings), 150 * ratings) WHEN '≥ 95' THEN 100
    END::DECIMAL(5, 2) AS satisfaction_score,
    CASE WHEN unit_share IS NOT NULL THEN greatest(least(unit_share * 100, 120), 0) END::DECIMAL(5, 2) AS units_score,
    CASE lost_row WHEN '<= 20%' THEN 100 WHEN '<= 40%' THEN 60 WHEN 'else' THEN 20 END::DECIMAL(5, 2) AS lost_score,
    least(big_wins * 0.5, 5)::DECIMAL(3, 1) AS big_wins_points
FROM rowed;

-- Groups: the mean by weight of what is there, as hundredths (n) over weights (d).
CREATE MACRO part(score, weight) AS coalesce(cents(score), 0) * weight;
CREATE MACRO there(score, weight) AS CASE WHEN score IS NULL THEN 0::HUGEINT ELSE weight::HUGEINT END;
CREATE TEMP TABLE grouped AS
SELECT
    *,
    CASE role
        WHEN 'AE' THEN part(attainment_score, 3) + part(margin_score, 1) + part(units_score, 1) + part(deal_size_score, 1)
        ELSE part(attainment_score, 6) + part(margin_score, 3) + part(strategic_score, 3) + part(largest_score, 2)
    END AS results_n,
    CASE role
        WHEN 'AE' THEN there(attainment_score, 3) + there(margin_score, 1) + there(units_score, 1) + there(deal_size_score, 1)
        ELSE there(attainment_score, 6) + there(margin_score, 3) + there(strategic_score, 3) + there(largest_score, 2)
    END AS results_d,
    CASE role
        WHEN 'AE' THEN part(customers_score, 2) + part(satisfaction_score, 2) + part(returns_score, 1)
        ELSE part(satisfaction_score, 3) + part(returns_score, 1) + part(discounts_score, 1) + part(lost_score, 1)
    END AS customers_n,
    CASE role
        WHEN 'AE' THEN there(customers_score, 2) + there(satisfaction_score, 2) + there(returns_score, 1)
        ELSE there(satisfaction_score, 3) + there(returns_score, 1) + there(discounts_score, 1) + there(lost_score, 1)
    END AS customers_d,
    CASE role WHEN 'AE' THEN part(win_rate_score, 1) + part(discounts_score, 1) + part(lost_score, 1) END AS conduct_n,
    CASE role WHEN 'AE' THEN there(win_rate_score, 1) + there(discounts_score, 1) + there(lost_score, 1) END AS conduct_d
FROM scored;

-- Total, grade and pay, with the gates on them. Points in halves change no rounding to two places.
CREATE TEMP TABLE results AS
WITH weighted AS (
    SELECT
        *,
        CASE role
            WHEN 'AE' THEN 12 * least(results_d, 1) + 5 * least(customers_d, 1) + 3 * least(conduct_d, 1)
            ELSE 7 * least(results_d, 1) + 3 * least(customers_d, 1)
        END AS groups_d,
        CASE role
            WHEN 'AE' THEN to_2(
                12 * results_n * greatest(customers_d, 1) * greatest(conduct_d, 1)
                + 5 * customers_n * greatest(results_d, 1) * greatest(conduct_d, 1)
                + 3 * conduct_n * greatest(results_d, 1) * greatest(customers_d, 1),
                100 * greatest(results_d, 1) * greatest(customers_d, 1) * greatest(conduct_d, 1)
                * (12 * least(results_d, 1) + 5 * least(customers_d, 1) + 3 * least(conduct_d, 1))
            )
            ELSE to_2(
                7 * results_n * greatest(customers_d, 1) + 3 * customers_n * greatest(results_d, 1),
                100 * greatest(results_d, 1) * greatest(customers_d, 1) * (7 * least(results_d, 1) + 3 * least(customers_d, 1))
            )
        END AS mean
    FROM grouped
),
totalled AS (
    SELECT
        *,
        returned > 10 AS many_returns,
        profit < 0 AS below_cost,
        CASE role WHEN 'AE' THEN mean ELSE mean + big_wins_points END AS before
    FROM weighted
),
gated AS (
    SELECT *, CASE WHEN below_cost THEN least(before, 60) ELSE before END::DECIMAL(6, 2) AS total FROM totalled
),
graded AS (
    SELECT
        *,
        CASE
            WHEN total IS NULL THEN NULL
            WHEN total >= 95 THEN '>= 95' WHEN total >= 85 THEN '>= 85' WHEN total >= 75 THEN '>= 75'
            WHEN total >= 60 THEN '>= 60'
            ELSE 'else'
        END AS grade_row,
        CASE grade_row WHEN '>= 95' THEN 'S' WHEN '>= 85' THEN 'A' WHEN '>= 75' THEN 'B' WHEN '>= 60' THEN 'C' WHEN 'else' THEN 'D' END
            AS row_grade,
        CASE WHEN many_returns AND row_grade IN ('S', 'A', 'B') THEN 'C' ELSE row_grade END AS grade
    FROM gated
),
paid AS (
    SELECT
        *,
        to_2(
            cents(base_pay) * 6 * CASE grade WHEN 'S' THEN 15 WHEN 'A' THEN 12 WHEN 'B' THEN 10 WHEN 'C' THEN 6 WHEN 'D' THEN 0 END,
            10000
        ) AS bonus,
        CASE commission_row
            WHEN 'up to 50_000' THEN revenue
            WHEN 'up to 120_000' THEN 5000000 + 2 * (revenue - 5000000)
            ELSE 5000000 + 2 * 7000000 + 3 * (revenue - 12000000)
        END AS commission_n,
        20 * cents(base_pay) AS cap_n
    FROM graded
)
SELECT
    *,
    to_2(greatest(least(commission_n, cap_n), 0), 10000) AS commission,
    CASE WHEN least(commission_n, cap_n) < 0 THEN '≥ 0' WHEN commission_n > cap_n THEN '≤ base_pay * 20%' END AS commission_limit
FROM paid;

CREATE VIEW scores AS
SELECT
    staff_id,
    CASE role WHEN 'AE' THEN 'field' ELSE 'key_accounts' END AS scorecard,
    total::DECIMAL(38, 2) AS total,
    grade,
    bonus::DECIMAL(38, 2) AS bonus,
    commission::DECIMAL(38, 2) AS commission,
    (coalesce(bonus, 0) + coalesce(commission, 0))::DECIMAL(38, 2) AS total_pay,
    concat_ws(', ', CASE WHEN many_returns THEN 'many_returns' END, CASE WHEN below_cost THEN 'below_cost' END) AS flags
FROM results
ORDER BY staff_id;

CREATE MACRO figure(x) AS x::DECIMAL(38, 12);
CREATE VIEW items AS {items};
