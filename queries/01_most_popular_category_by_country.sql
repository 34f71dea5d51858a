-- title: Most popular category in each country
-- about: Every category that ties for first place is listed. Posts without a country or a category take no part.

with counted as (
    select place.country, post.category, count(*) as category_count
    from pin as post
    join geo as place on place.ind = post.ind
    where place.country is not null and post.category is not null
    group by place.country, post.category
),
ranked as (
    -- rank() gives 1 to all that tie; row_number() would show one of them at random.
    select *, rank() over (partition by country order by category_count desc) as place_in_country
    from counted
)
select country, category, category_count
from ranked
where place_in_country = 1
order by country, category;
