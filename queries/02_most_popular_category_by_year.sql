-- title: Most popular category in each year, 2018-2022
-- about: Years are of the post's timestamp. Every category that ties for first place is listed.

with dated as (
    select post.category, date_part('year', place."timestamp") as post_year
    from pin as post
    join geo as place on place.ind = post.ind
    where post.category is not null
),
counted as (
    select post_year, category, count(*) as category_count
    from dated
    where post_year between 2018 and 2022
    group by post_year, category
),
ranked as (
    select *, rank() over (partition by post_year order by category_count desc) as place_in_year
    from counted
)
select post_year, category, category_count
from ranked
where place_in_year = 1
order by post_year, category;
