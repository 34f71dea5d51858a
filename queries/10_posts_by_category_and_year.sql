-- title: Posts in each category and year, 2018-2022
-- about: Years are of the post's timestamp. Posts without a category take no part.

with dated as (
    select post.category, date_part('year', place."timestamp") as post_year
    from pin as post
    join geo as place on place.ind = post.ind
    where post.category is not null
)
select post_year, category, count(*) as category_count
from dated
where post_year between 2018 and 2022
group by post_year, category
order by post_year, category;
