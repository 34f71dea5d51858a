-- title: Most popular category by age group
-- about: Every category that ties for first place is listed. Users under 18 or of unknown age are in no group.

with aged as (
    select
        case
            when person.age <= 24 then '18-24'
            when person.age <= 35 then '25-35'
            when person.age <= 50 then '36-50'
            else '50+'
        end as age_group,
        post.category
    from pin as post
    join user as person on person.ind = post.ind
    where post.category is not null and person.age >= 18
),
counted as (
    select age_group, category, count(*) as category_count
    from aged
    group by age_group, category
),
ranked as (
    select *, rank() over (partition by age_group order by category_count desc) as place_in_group
    from counted
)
select age_group, category, category_count
from ranked
where place_in_group = 1
order by age_group, category;
